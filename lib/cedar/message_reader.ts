/**
 * Reads typed values from bytes, which CEDAR calls `get`. It is the counterpart
 * of message_writer.ts, which describes the encodings.
 *
 * The peer may be hostile. Every length is checked before memory is reserved
 * for it, and the work grows only linearly with the input.
 *
 * @module
 */

import {
  AdScan,
  defaultLimits,
  type MessageLimits,
  nullString,
} from "./ad_scan.ts";
import { CedarProtocolError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { WireAd } from "./wire_ad.ts";

/** The source of a reader's frames, and the state of the connection. */
export interface MessageSource {
  /**
   * Whether the connection is encrypted. Strings then have their length in
   * front.
   */
  readonly encrypted: boolean;
  /**
   * Whether there is a session key. Secrets then have their length in front.
   */
  readonly canEncrypt: boolean;
  /** Returns the next frame, and waits for it if necessary. */
  frame(): Frame | Promise<Frame>;
}

/** How an ad was sent. */
export interface GetClassAdOptions {
  /** Whether the two strings at the end are missing (PUT_CLASSAD_NO_TYPES). */
  noTypes?: boolean;
  /**
   * The most attributes to accept. Before the peer is authenticated it is 100.
   */
  maxAttributes?: number;
}

const decoder = new TextDecoder();

/** Reads messages, one after the other. */
export class MessageReader {
  readonly #source: MessageSource;
  readonly #limits: MessageLimits;
  // The bytes of the message that are not read yet: #bytes[#from … #to).
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #to = 0;
  // Whether the reader made #bytes itself and may write after #to.
  #own = false;
  #started = false;
  #ended = false;

  /**
   * Makes a reader.
   *
   * @param source The source of the frames.
   * @param limits The limits for data that the peer sends.
   */
  constructor(source: MessageSource, limits: MessageLimits = defaultLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /**
   * Reads an integer of any C type (8 bytes, big-endian).
   *
   * @returns The number.
   * @throws {CedarProtocolError} If it is not a safe integer.
   */
  async getInt(): Promise<number> {
    if (this.#to - this.#from < 8) await this.#need(8);
    const high = this.#view.getInt32(this.#from);
    const value = high * 0x100000000 + this.#view.getUint32(this.#from + 4);
    this.#from += 8;
    if (!Number.isSafeInteger(value)) {
      throw new CedarProtocolError("integer is out of range");
    }
    return value;
  }

  /** Reads a 64-bit integer (8 bytes, big-endian). */
  async getLong(): Promise<bigint> {
    if (this.#to - this.#from < 8) await this.#need(8);
    this.#from += 8;
    return this.#view.getBigInt64(this.#from - 8);
  }

  /** Reads a double (two integers: fraction and exponent). */
  async getDouble(): Promise<number> {
    const fraction = await this.getInt();
    const exponent = await this.getInt();
    return fraction / 0x7fffffff * Math.pow(2, exponent);
  }

  /**
   * Reads a string.
   *
   * @returns The text. Bytes that are not UTF-8 become U+FFFD. A missing string
   * is empty.
   * @throws {CedarProtocolError} If it is too long or has no end.
   */
  async getString(): Promise<string> {
    return decoder.decode(await this.getStringBytes());
  }

  /**
   * Reads a string as bytes.
   *
   * @returns The bytes without the NUL. A missing string is empty.
   * @throws {CedarProtocolError} If it is too long or has no end.
   */
  getStringBytes(): Promise<Uint8Array> {
    return this.#stringBytes(this.#source.encrypted);
  }

  /**
   * Reads a string that was written as a secret.
   *
   * @returns The text.
   * @throws {CedarProtocolError} If it is too long or has no end.
   */
  async getSecret(): Promise<string> {
    return decoder.decode(await this.#stringBytes(this.#source.canEncrypt));
  }

  /**
   * Reads bytes.
   *
   * @param count How many bytes. The limit is the one for strings.
   * @returns Exactly that many bytes.
   * @throws {CedarProtocolError} If the message has fewer bytes, or the count
   * exceeds the limit.
   */
  async getBytes(count: number): Promise<Uint8Array> {
    if (!(count >= 0 && count <= this.#limits.stringLength)) {
      throw new CedarProtocolError(`${count} bytes is out of range`);
    }
    if (this.#to - this.#from < count) await this.#need(count);
    this.#from += count;
    return this.#bytes.subarray(this.#from - count, this.#from);
  }

  /**
   * Reads an ad.
   *
   * @param options How the ad was sent.
   * @returns The ad. Its expressions are not decoded yet.
   * @throws {CedarProtocolError} If it is malformed or exceeds a limit.
   */
  async getClassAd(options: GetClassAdOptions = {}): Promise<WireAd> {
    const count = await this.getInt();
    const most = options.maxAttributes ?? this.#limits.adAttributes;
    if (count < 0 || count > most) {
      throw new CedarProtocolError(`ad of ${count} attributes is out of range`);
    }
    const scan = new AdScan(count, options.noTypes ? 0 : 2, this.#limits);
    const { encrypted, canEncrypt } = this.#source;
    while (
      !scan.run(
        this.#bytes,
        this.#view,
        this.#from,
        this.#to,
        encrypted,
        canEncrypt,
      )
    ) {
      await this.#more();
    }
    const start = this.#from;
    this.#from += scan.length;
    return new WireAd(this.#bytes.subarray(start, this.#from), scan.spans());
  }

  /**
   * Returns whether the whole message was read. Waits for another frame if that
   * is needed to know.
   *
   * @returns True if only `endOfMessage()` is left to do.
   */
  async atEnd(): Promise<boolean> {
    while (this.#from === this.#to && !this.#ended) await this.#more();
    return this.#from === this.#to;
  }

  /**
   * Ends the message. The next value is the first of the next message.
   *
   * @throws {CedarProtocolError} If a part of the message was not read.
   */
  async endOfMessage(): Promise<void> {
    if (!(this.#ended && this.#from === this.#to) && !await this.atEnd()) {
      throw new CedarProtocolError(
        `message has ${this.#to - this.#from} bytes more than expected`,
      );
    }
    this.#reset();
  }

  /** Drops the rest of the message. */
  async skipMessage(): Promise<void> {
    for (;;) {
      this.#from = this.#to;
      if (this.#ended) break;
      await this.#more();
    }
    this.#reset();
  }

  /** Whether a part of a message has arrived and its end has not been read. */
  get inMessage(): boolean {
    return this.#started;
  }

  #reset(): void {
    this.#from = this.#to = 0;
    this.#bytes = new Uint8Array(0);
    this.#own = false;
    this.#started = false;
    this.#ended = false;
  }

  async #stringBytes(withLength: boolean): Promise<Uint8Array> {
    if (withLength) {
      const length = await this.getInt();
      if (length < 1) throw new CedarProtocolError("string has no length");
      const bytes = await this.getBytes(length);
      return trimString(bytes);
    }
    if (this.#from === this.#to) await this.#need(1);
    if (this.#bytes[this.#from] === nullString) {
      this.#from++;
      return new Uint8Array(0);
    }
    let scanned = 0;
    for (;;) {
      const end = this.#bytes.indexOf(0, this.#from + scanned);
      if (end >= 0 && end < this.#to) {
        const bytes = this.#bytes.subarray(this.#from, end);
        this.#from = end + 1;
        return bytes;
      }
      scanned = this.#to - this.#from;
      if (scanned > this.#limits.stringLength) {
        throw new CedarProtocolError("string is too long");
      }
      await this.#more();
    }
  }

  async #need(count: number): Promise<void> {
    while (this.#to - this.#from < count) await this.#more();
  }

  /** Appends the next frame to the bytes that are not read yet. */
  async #more(): Promise<void> {
    if (this.#ended) {
      throw new CedarProtocolError("message ends in the middle of a value");
    }
    const next = this.#source.frame();
    const { end, payload } = next instanceof Promise ? await next : next;
    this.#started = true;
    this.#ended = end;
    const left = this.#to - this.#from;
    if (left === 0) {
      this.#use(payload, payload.length, false);
    } else if (this.#own && this.#bytes.length - this.#to >= payload.length) {
      this.#bytes.set(payload, this.#to);
      this.#to += payload.length;
    } else {
      // Leaves room for the next frames. Copying for each of many small frames
      // would take quadratic time.
      const total = left + payload.length;
      const merged = new Uint8Array(Math.max(2 * total, 8192));
      merged.set(this.#bytes.subarray(this.#from, this.#to));
      merged.set(payload, left);
      this.#use(merged, total, true);
    }
  }

  #use(bytes: Uint8Array, length: number, own: boolean): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#from = 0;
    this.#to = length;
    this.#own = own;
  }
}

/** Returns the text of a string that came with its length. */
function trimString(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === nullString) return bytes.subarray(0, 0);
  const end = bytes.indexOf(0);
  if (end < 0) throw new CedarProtocolError("string has no end");
  return bytes.subarray(0, end);
}

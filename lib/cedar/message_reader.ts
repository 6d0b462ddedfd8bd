/**
 * Bytes to typed values: what CEDAR calls `get`. The counterpart of
 * message_writer.ts; see there for the encodings.
 *
 * The peer is taken for hostile: every length is checked before memory is
 * spent on it, and no input makes the work more than linear.
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

/** Where a reader's frames come from, and how strings are written. */
export interface MessageSource {
  /** Whether the connection is encrypted: strings have a length. */
  readonly encrypted: boolean;
  /** Whether a session key is there, so that secrets have a length. */
  readonly canEncrypt: boolean;
  /** The next frame; waits for it when it is not there yet. */
  frame(): Frame | Promise<Frame>;
}

/** How an ad was sent. */
export interface GetClassAdOptions {
  /** The two strings at the end are missing (PUT_CLASSAD_NO_TYPES). */
  noTypes?: boolean;
  /** The most attributes to take; 100 before the peer is authenticated. */
  maxAttributes?: number;
}

const decoder = new TextDecoder();

/** Reads one message after the other. */
export class MessageReader {
  readonly #source: MessageSource;
  readonly #limits: MessageLimits;
  // The bytes of the message so far: #bytes[#from … #to).
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #from = 0;
  #to = 0;
  // Whether #bytes is ours, so that spare room behind #to may be used.
  #own = false;
  #started = false;
  #ended = false;

  /**
   * Makes one.
   *
   * @param source Where the frames come from.
   * @param limits What a peer may send.
   */
  constructor(source: MessageSource, limits: MessageLimits = defaultLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  /**
   * Gets an integer of any C type.
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

  /** Gets a 64-bit integer. */
  async getLong(): Promise<bigint> {
    if (this.#to - this.#from < 8) await this.#need(8);
    this.#from += 8;
    return this.#view.getBigInt64(this.#from - 8);
  }

  /** Gets a double. */
  async getDouble(): Promise<number> {
    const fraction = await this.getInt();
    const exponent = await this.getInt();
    return fraction / 0x7fffffff * Math.pow(2, exponent);
  }

  /**
   * Gets a string.
   *
   * @returns The text; bytes that are not UTF-8 become U+FFFD; a missing
   *   string is empty.
   * @throws {CedarProtocolError} If it is too long, or not ended.
   */
  async getString(): Promise<string> {
    return decoder.decode(await this.getStringBytes());
  }

  /**
   * Gets a string as bytes.
   *
   * @returns The bytes without the NUL; a missing string is empty.
   * @throws {CedarProtocolError} If it is too long, or not ended.
   */
  getStringBytes(): Promise<Uint8Array> {
    return this.#stringBytes(this.#source.encrypted);
  }

  /**
   * Gets a string that was put as a secret.
   *
   * @returns The text.
   * @throws {CedarProtocolError} If it is too long, or not ended.
   */
  async getSecret(): Promise<string> {
    return decoder.decode(await this.#stringBytes(this.#source.canEncrypt));
  }

  /**
   * Gets bytes.
   *
   * @param count How many, at most the limit for strings.
   * @returns Exactly that many.
   * @throws {CedarProtocolError} If there are fewer, or it is too many to ask.
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
   * Gets an ad.
   *
   * @param options How it was sent.
   * @returns The ad, undecoded.
   * @throws {CedarProtocolError} If it is too big, or broken.
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
   * Whether all of the message was read. Waits for the frame that tells it.
   *
   * @returns True when only `endOfMessage()` is left to do.
   */
  async atEnd(): Promise<boolean> {
    while (this.#from === this.#to && !this.#ended) await this.#more();
    return this.#from === this.#to;
  }

  /**
   * Ends the message; the next value is the first of the next message.
   *
   * @throws {CedarProtocolError} If something of it was not read.
   */
  async endOfMessage(): Promise<void> {
    if (!(this.#ended && this.#from === this.#to) && !await this.atEnd()) {
      throw new CedarProtocolError(
        `${this.#to - this.#from} bytes more than expected in a message`,
      );
    }
    this.#reset();
  }

  /** Throws away what is left of the message. */
  async skipMessage(): Promise<void> {
    for (;;) {
      this.#from = this.#to;
      if (this.#ended) break;
      await this.#more();
    }
    this.#reset();
  }

  /** Whether a part of a message was taken and its end not yet. */
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
      if (length < 1) throw new CedarProtocolError("string of no length");
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

  /** Appends the next frame to what was not read yet. */
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
      // Room for the next frames too, lest many small ones cost a square.
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

/** The text of a string that came with its length. */
function trimString(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === nullString) return bytes.subarray(0, 0);
  const end = bytes.indexOf(0);
  if (end < 0) throw new CedarProtocolError("string is not ended");
  return bytes.subarray(0, end);
}

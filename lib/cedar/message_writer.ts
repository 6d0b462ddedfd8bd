/**
 * Typed values to bytes: what CEDAR calls `put`.
 *
 * Integers of every C type go as 8 bytes big-endian, strings end with a NUL
 * and are preceded by their length when the connection is encrypted, a double
 * goes as two integers (fraction × 2³¹−1, exponent). After
 * `condor_io/stream.cpp` and `condor_utils/classad_oldnew.cpp`.
 *
 * @module
 */

import { CedarError } from "./errors.ts";
import { privateAttribute, type WireAd } from "./wire_ad.ts";

/** Where a writer's frames go, and how strings are to be written. */
export interface MessageSink {
  /** Whether the connection is encrypted: strings get a length. */
  readonly encrypted: boolean;
  /** Whether a session key is there, so that secrets get marked. */
  readonly canEncrypt: boolean;
  /** Takes the payload of one frame. The bytes are copied before it returns. */
  frame(payload: Uint8Array, end: boolean): void;
}

/** An ad to send: names and expressions in old ClassAd syntax. */
export type AdSource =
  | WireAd
  | Iterable<readonly [name: string, expression: string]>;

/** How an ad is sent: HTCondor's `PUT_CLASSAD_*`. */
export interface PutClassAdOptions {
  /** Only these attributes, in any case; all by default. */
  projection?: Iterable<string>;
  /** Leave out secrets, such as claim ids (PUT_CLASSAD_NO_PRIVATE). */
  noPrivate?: boolean;
  /** Leave out the two strings at the end (PUT_CLASSAD_NO_TYPES). */
  noTypes?: boolean;
  /** Add `ServerTime`, in seconds since 1970 (PUT_CLASSAD_SERVER_TIME). */
  serverTime?: number;
}

/**
 * Payloads are cut into frames of at most this many bytes. A peer in "low data
 * mode" (SEC_USE_LOW_DATA_MODE) takes only messages of one frame, so be ample.
 */
const frameLength = 512 * 1024;

const encoder = new TextEncoder();

/** Writes one message after the other. */
export class MessageWriter {
  readonly #sink: MessageSink;
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #split = false;

  /**
   * Makes one.
   *
   * @param sink Where the frames go.
   */
  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Puts an integer of any C type up to 64 bits.
   *
   * @param value A safe integer.
   * @throws {RangeError} If it is not.
   */
  putInt(value: number): this {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`not a safe integer: ${value}`);
    }
    const at = this.#room(8);
    this.#view.setInt32(at, Math.floor(value / 0x100000000));
    this.#view.setUint32(at + 4, value >>> 0);
    return this;
  }

  /**
   * Puts a 64-bit integer.
   *
   * @param value −2⁶³ to 2⁶³−1.
   */
  putLong(value: bigint): this {
    this.#view.setBigInt64(this.#room(8), value);
    return this;
  }

  /**
   * Puts a double, with the precision that CEDAR has: 31 bits.
   *
   * @param value A finite number.
   * @throws {RangeError} If it is not finite.
   */
  putDouble(value: number): this {
    if (!Number.isFinite(value)) throw new RangeError(`not finite: ${value}`);
    let fraction = value, exponent = 0;
    if (value !== 0) {
      exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1);
      fraction = value * Math.pow(2, -exponent);
      // log2 may be off by one next to a power of two.
      while (Math.abs(fraction) >= 1) fraction /= 2, exponent++;
      while (Math.abs(fraction) < 0.5) fraction *= 2, exponent--;
    }
    return this.putInt(Math.trunc(fraction * 0x7fffffff)).putInt(exponent);
  }

  /**
   * Puts a string.
   *
   * @param text Text, or bytes as they are; without NUL.
   * @throws {CedarError} If there is a NUL in it.
   */
  putString(text: string | Uint8Array): this {
    this.#string(text, this.#sink.encrypted);
    return this;
  }

  /**
   * Puts a string that HTCondor treats as a secret.
   *
   * Such a string is preceded by its length as soon as a session key is there,
   * even on a connection that is not encrypted.
   *
   * @param text Text without NUL.
   * @throws {CedarError} If there is a NUL in it.
   */
  putSecret(text: string | Uint8Array): this {
    this.#string(text, this.#sink.canEncrypt);
    return this;
  }

  /**
   * Puts bytes as they are.
   *
   * @param bytes Any bytes.
   */
  putBytes(bytes: Uint8Array): this {
    let from = 0;
    while (from < bytes.length) {
      const piece = Math.min(bytes.length - from, frameLength);
      const at = this.#room(piece);
      this.#bytes.set(bytes.subarray(from, from + piece), at);
      from += piece;
    }
    return this;
  }

  /**
   * Puts an ad.
   *
   * @param ad The ad.
   * @param options What to send of it.
   */
  putClassAd(ad: AdSource, options: PutClassAdOptions = {}): this {
    const lines = this.#lines(ad, options);
    const time = options.serverTime;
    this.putInt(lines.length + (time === undefined ? 0 : 1));
    for (const { line, secret } of lines) {
      if (secret) this.putString("ZKM").putSecret(line);
      else this.putString(line);
    }
    if (time !== undefined) this.putString(`ServerTime = ${time}`);
    if (!options.noTypes) this.putString("").putString("");
    return this;
  }

  /**
   * Ends the message. It goes out with the next flush of the connection.
   *
   * @throws {CedarError} If nothing was put.
   */
  endOfMessage(): void {
    if (this.#length === 0 && !this.#split) {
      throw new CedarError("message is empty");
    }
    this.#sink.frame(this.#bytes.subarray(0, this.#length), true);
    this.#length = 0;
    this.#split = false;
    if (this.#bytes.length > 64 * 1024) this.#grow(512);
  }

  #lines(
    ad: AdSource,
    options: PutClassAdOptions,
  ): { line: string | Uint8Array; secret: boolean }[] {
    const wanted = options.projection === undefined
      ? undefined
      : new Set(Array.from(options.projection, (n) => n.toLowerCase()));
    const secrets = !this.#sink.encrypted && this.#sink.canEncrypt;
    const lines: { line: string | Uint8Array; secret: boolean }[] = [];
    for (const [name, line] of adLines(ad)) {
      if (wanted !== undefined && !wanted.has(name.toLowerCase())) continue;
      const isPrivate = privateAttribute(name) !== 0;
      if (isPrivate && options.noPrivate) continue;
      lines.push({ line, secret: isPrivate && secrets });
    }
    return lines;
  }

  #string(text: string | Uint8Array, withLength: boolean): void {
    if (typeof text === "string" && this.#ascii(text, withLength)) return;
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    if (bytes.includes(0)) {
      throw new CedarError("string holds a NUL", {
        subject: typeof text === "string" ? text.slice(0, 40) : undefined,
      });
    }
    if (withLength) this.putInt(bytes.length + 1);
    this.putBytes(bytes);
    const at = this.#room(1);
    this.#bytes[at] = 0;
  }

  /** Short ASCII, as most strings are, without an encoder; false if it isn't. */
  #ascii(text: string, withLength: boolean): boolean {
    const length = text.length;
    if (length > 256) return false;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code > 0x7f) return false;
    }
    if (withLength) this.putInt(length + 1);
    const at = this.#room(length + 1);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    bytes[at + length] = 0;
    return true;
  }

  /** Makes room for that many bytes and says where they go. */
  #room(count: number): number {
    if (this.#length + count > frameLength && this.#length > 0) {
      this.#sink.frame(this.#bytes.subarray(0, this.#length), false);
      this.#length = 0;
      this.#split = true;
    }
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      this.#grow(Math.max(2 * this.#bytes.length, at + count));
    }
    this.#length = at + count;
    return at;
  }

  #grow(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, Math.min(this.#length, size)));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function* adLines(ad: AdSource): Generator<[string, string | Uint8Array]> {
  if (Symbol.iterator in ad) {
    for (const [name, expression] of ad) {
      yield [name, `${name} = ${expression}`];
    }
    return;
  }
  for (let i = 0; i < ad.size; i++) {
    const line = ad.line(i);
    const equals = line.indexOf(0x3d);
    const name = new TextDecoder().decode(
      line.subarray(0, Math.max(0, equals)),
    );
    yield [name.trim(), line];
  }
}

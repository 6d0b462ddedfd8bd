/**
 * Writes typed values as bytes, which CEDAR calls `put`.
 *
 * Integers of every C type are 8 bytes, big-endian. A string ends with a NUL.
 * If the connection is encrypted, the string's length comes first. A double is
 * written as two integers (fraction × 2³¹−1, exponent). The code follows
 * `condor_io/stream.cpp` and `condor_utils/classad_oldnew.cpp`.
 *
 * @module
 */

import { CedarError } from "./errors.ts";
import { privateAttribute } from "./private_attribute.ts";
import type { WireAd } from "./wire_ad.ts";

/** The destination of a writer's frames, and the state of the connection. */
export interface MessageSink {
  /**
   * Whether the connection is encrypted. Strings then get their length in
   * front.
   */
  readonly encrypted: boolean;
  /** Whether there is a session key. Secrets are then marked. */
  readonly canEncrypt: boolean;
  /**
   * Accepts the payload of one frame. The bytes are copied before it returns.
   */
  frame(payload: Uint8Array, end: boolean): void;
}

/** An ad to send: a WireAd, or names with expressions in old ClassAd syntax. */
export type AdSource =
  | WireAd
  | Iterable<readonly [name: string, expression: string]>;

/** How to send an ad: HTCondor's `PUT_CLASSAD_*`. */
export interface PutClassAdOptions {
  /** The attributes to send, in any case. By default all are sent. */
  projection?: Iterable<string>;
  /** Whether to omit secrets, such as claim ids (PUT_CLASSAD_NO_PRIVATE). */
  noPrivate?: boolean;
  /** Whether to omit the two strings at the end (PUT_CLASSAD_NO_TYPES). */
  noTypes?: boolean;
  /**
   * The value of `ServerTime` to add, in seconds since 1970
   * (PUT_CLASSAD_SERVER_TIME).
   */
  serverTime?: number;
}

/**
 * The longest payload of one frame, in bytes. It is large because a peer in
 * "low data mode" (SEC_USE_LOW_DATA_MODE) accepts only messages of one frame.
 */
const frameLength = 512 * 1024;

const encoder = new TextEncoder();

/** Writes messages, one after the other. */
export class MessageWriter {
  readonly #sink: MessageSink;
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #split = false;

  /**
   * Makes a writer.
   *
   * @param sink The destination of the frames.
   */
  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Writes an integer of any C type up to 64 bits.
   *
   * @param value A safe integer.
   * @throws {RangeError} If it is not a safe integer.
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
   * Writes a 64-bit integer.
   *
   * @param value −2⁶³ to 2⁶³−1.
   */
  putLong(value: bigint): this {
    this.#view.setBigInt64(this.#room(8), value);
    return this;
  }

  /**
   * Writes a double. CEDAR's precision is 31 bits.
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
      // log2() can be wrong by one next to a power of two.
      while (Math.abs(fraction) >= 1) fraction /= 2, exponent++;
      while (Math.abs(fraction) < 0.5) fraction *= 2, exponent--;
    }
    return this.putInt(Math.trunc(fraction * 0x7fffffff)).putInt(exponent);
  }

  /**
   * Writes a string.
   *
   * @param text A text, or bytes that are sent unchanged. It may not contain a
   * NUL.
   * @throws {CedarError} If it contains a NUL.
   */
  putString(text: string | Uint8Array): this {
    this.#string(text, this.#sink.encrypted);
    return this;
  }

  /**
   * Writes a string that HTCondor treats as a secret. As soon as there is a
   * session key, its length comes first, even if the connection is not
   * encrypted.
   *
   * @param text A text without NUL.
   * @throws {CedarError} If it contains a NUL.
   */
  putSecret(text: string | Uint8Array): this {
    this.#string(text, this.#sink.canEncrypt);
    return this;
  }

  /**
   * Writes bytes unchanged.
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
   * Writes an ad.
   *
   * @param ad The ad.
   * @param options Which parts of the ad to send.
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
   * Ends the message. The connection sends it with its next flush.
   *
   * @throws {CedarError} If the message is empty.
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
      throw new CedarError("string contains a NUL", {
        subject: typeof text === "string" ? text.slice(0, 40) : undefined,
      });
    }
    if (withLength) this.putInt(bytes.length + 1);
    this.putBytes(bytes);
    const at = this.#room(1);
    this.#bytes[at] = 0;
  }

  /**
   * Writes short ASCII without an encoder, because most strings are short
   * ASCII. Returns false if the text is something else.
   */
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

  /** Makes room for a number of bytes and returns their offset. */
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

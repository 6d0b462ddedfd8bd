/**
 * Finds the lines of an ad in received bytes, within limits.
 *
 * @module
 */

import { CedarProtocolError } from "./errors.ts";

/** The limits for data that a peer sends. */
export interface MessageLimits {
  /** The longest string, in bytes. The default is HTCondor's, 10 000 000. */
  stringLength: number;
  /** The most attributes of an ad. The default is HTCondor's, 1 000 000. */
  adAttributes: number;
  /** The longest ad, in bytes. The default is 64 MiB. */
  adLength: number;
}

/** HTCondor's own limits, and a limit for the length of an ad. */
export const defaultLimits: MessageLimits = {
  stringLength: 10_000_000,
  adAttributes: 1_000_000,
  adLength: 64 * 1024 * 1024,
};

/**
 * On a connection without encryption, this byte alone stands for a missing
 * string.
 */
export const nullString = 0xad;

/**
 * Finds the lines of an ad. If bytes are missing, the scan continues later
 * where it stopped, so that each byte is read only once.
 */
export class AdScan {
  readonly #limits: MessageLimits;
  #spans: Uint32Array;
  #filled = 0;
  #lines: number;
  #types: number;
  #secret = false;
  // All offsets are relative to the start of the ad's first line.
  #at = 0;
  #searched = 0;

  /**
   * Starts a scan.
   *
   * @param lines How many lines the ad has.
   * @param types How many strings follow the lines.
   * @param limits The limits for data from the peer.
   */
  constructor(lines: number, types: number, limits: MessageLimits) {
    this.#lines = lines;
    this.#types = types;
    this.#limits = limits;
    // The peer may have sent a wrong count, so little memory is reserved at
    // first.
    this.#spans = new Uint32Array(2 * Math.min(lines, 256));
  }

  /** The length of the ad, in bytes. */
  get length(): number {
    return this.#at;
  }

  /**
   * Returns the start and the end of each line. It is complete when `run()` has
   * returned true.
   */
  spans(): Uint32Array {
    return this.#spans.length === this.#filled
      ? this.#spans
      : this.#spans.slice(0, this.#filled);
  }

  /**
   * Continues the scan.
   *
   * @param bytes The received bytes.
   * @param view A view of the same bytes.
   * @param from The offset of the ad's first line.
   * @param to The offset after the last received byte.
   * @param encrypted Whether each string has its length in front.
   * @param canEncrypt Whether each secret has its length in front.
   * @returns False if more bytes are needed.
   * @throws {CedarProtocolError} If the ad is malformed or exceeds a limit.
   */
  run(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    encrypted: boolean,
    canEncrypt: boolean,
  ): boolean {
    while (this.#lines > 0 || this.#types > 0) {
      const withLength = this.#secret ? canEncrypt : encrypted;
      const start = from + this.#at + (withLength ? 8 : 0);
      const end = withLength
        ? this.#lengthEnd(view, start, to)
        : this.#nulEnd(bytes, start, to);
      if (end < 0) {
        if (to - from > this.#limits.adLength) {
          throw new CedarProtocolError("ad is too long");
        }
        return false;
      }
      this.#take(bytes, from, start, end, withLength);
    }
    return true;
  }

  #take(
    bytes: Uint8Array,
    from: number,
    start: number,
    end: number,
    withLength: boolean,
  ): void {
    const isNull = bytes[start] === nullString;
    let stop = withLength ? end : end - 1;
    if (withLength) {
      const nul = bytes.indexOf(0, start);
      if (!isNull && (nul < 0 || nul >= end)) {
        throw new CedarProtocolError("string has no end");
      }
      stop = isNull ? start : nul;
    }
    this.#at = end - from;
    this.#searched = 0;
    if (this.#lines === 0) {
      this.#types--;
      return;
    }
    if (isNull) throw new CedarProtocolError("ad has a missing attribute");
    if (!this.#secret && isSecretMarker(bytes, start, stop)) {
      this.#secret = true;
      return;
    }
    this.#secret = false;
    this.#lines--;
    this.#push(start - from, stop - from);
  }

  #push(start: number, stop: number): void {
    if (this.#filled === this.#spans.length) {
      const spans = new Uint32Array(
        Math.min(2 * this.#spans.length, this.#filled + 2 * this.#lines + 2),
      );
      spans.set(this.#spans);
      this.#spans = spans;
    }
    this.#spans[this.#filled++] = start;
    this.#spans[this.#filled++] = stop;
  }

  /**
   * Returns the offset after a string with a length, or -1 if it is incomplete.
   */
  #lengthEnd(view: DataView, start: number, to: number): number {
    if (start > to) return -1;
    const high = view.getInt32(start - 8);
    const length = view.getUint32(start - 4);
    if (high !== 0 || length < 1 || length > this.#limits.stringLength) {
      throw new CedarProtocolError("length of a string is out of range");
    }
    return start + length > to ? -1 : start + length;
  }

  /**
   * Returns the offset after the NUL of a string, or -1 if it is incomplete.
   */
  #nulEnd(bytes: Uint8Array, start: number, to: number): number {
    if (start >= to) return -1;
    if (bytes[start] === nullString) return start + 1;
    const nul = bytes.indexOf(0, start + this.#searched);
    if (nul >= 0 && nul < to) return nul + 1;
    this.#searched = to - start;
    if (this.#searched > this.#limits.stringLength) {
      throw new CedarProtocolError("string is too long");
    }
    return -1;
  }
}

function isSecretMarker(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  return end - start === 3 && bytes[start] === 0x5a &&
    bytes[start + 1] === 0x4b && bytes[start + 2] === 0x4d;
}

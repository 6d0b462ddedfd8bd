/**
 * Finding the lines of an ad among received bytes, within bounds.
 *
 * @module
 */

import { CedarProtocolError } from "./errors.ts";

/** Bounds on what a peer may send. */
export interface MessageLimits {
  /** The longest string, in bytes. Default 10 000 000, as HTCondor's. */
  stringLength: number;
  /** The most attributes of an ad. Default 1 000 000, as HTCondor's. */
  adAttributes: number;
  /** The longest ad, in bytes. Default 64 MiB. */
  adLength: number;
}

/** The bounds that HTCondor has, and one on ads. */
export const defaultLimits: MessageLimits = {
  stringLength: 10_000_000,
  adAttributes: 1_000_000,
  adLength: 64 * 1024 * 1024,
};

/** In clear, this byte alone stands for a missing string. */
export const nullString = 0xad;

/**
 * Finds the lines of an ad. Goes on where it stopped when bytes were missing,
 * so that an ad that comes in many frames is looked at once.
 */
export class AdScan {
  readonly #limits: MessageLimits;
  #spans: Uint32Array;
  #filled = 0;
  #lines: number;
  #types: number;
  #secret = false;
  // All relative to the start of the ad's first line.
  #at = 0;
  #searched = 0;

  /**
   * Makes one.
   *
   * @param lines How many lines the ad has.
   * @param types How many strings follow them.
   * @param limits What a peer may send.
   */
  constructor(lines: number, types: number, limits: MessageLimits) {
    this.#lines = lines;
    this.#types = types;
    this.#limits = limits;
    // The count is the peer's word: do not spend much memory on it yet.
    this.#spans = new Uint32Array(2 * Math.min(lines, 256));
  }

  /** How many bytes the ad takes. */
  get length(): number {
    return this.#at;
  }

  /** Start and end of each line, once `run()` has returned true. */
  spans(): Uint32Array {
    return this.#spans.length === this.#filled
      ? this.#spans
      : this.#spans.slice(0, this.#filled);
  }

  /**
   * Looks for lines.
   *
   * @param bytes Where they are.
   * @param view The same bytes.
   * @param from Where the ad's first line starts.
   * @param to Behind the last byte that was received.
   * @param encrypted Whether strings have a length.
   * @param canEncrypt Whether secrets have a length.
   * @returns False when more bytes are needed.
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
        throw new CedarProtocolError("string is not ended");
      }
      stop = isNull ? start : nul;
    }
    this.#at = end - from;
    this.#searched = 0;
    if (this.#lines === 0) {
      this.#types--;
      return;
    }
    if (isNull) throw new CedarProtocolError("attribute is missing in an ad");
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

  /** Behind the last byte of a string with a length; −1 when not there yet. */
  #lengthEnd(view: DataView, start: number, to: number): number {
    if (start > to) return -1;
    const high = view.getInt32(start - 8);
    const length = view.getUint32(start - 4);
    if (high !== 0 || length < 1 || length > this.#limits.stringLength) {
      throw new CedarProtocolError("length of a string is out of range");
    }
    return start + length > to ? -1 : start + length;
  }

  /** Behind the NUL of a string in clear; −1 when not there yet. */
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

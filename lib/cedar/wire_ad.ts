/**
 * ClassAds on the wire: a count, then that many lines `Name = expression` in
 * old ClassAd syntax, then two strings that were MyType and TargetType. The
 * code follows `condor_utils/classad_oldnew.cpp`.
 *
 * @module
 */

import { unquote } from "./string_literal.ts";

const decoder = new TextDecoder();

/** After this many searches an ad of many lines gets an index. */
const mostScans = 24;
/** In an ad of fewer lines a search takes less time than an index. */
const leastIndexed = 48;

/**
 * A received ad, as the bytes of its lines. Lines are decoded, and expressions
 * parsed, only when they are needed.
 */
export class WireAd {
  readonly #bytes: Uint8Array;
  // The start and the end of each line in #bytes, without the NUL at its end.
  readonly #spans: Uint32Array;
  #index: Map<string, number> | undefined;
  #scans = 0;
  // The last search. Callers often ask for an attribute in several ways.
  #lastName: string | undefined;
  #lastLine: number | undefined;

  /**
   * Makes an ad.
   *
   * @param bytes The bytes that contain the lines.
   * @param spans The start and the end of each line, in bytes.
   */
  constructor(bytes: Uint8Array, spans: Uint32Array) {
    this.#bytes = bytes;
    this.#spans = spans;
  }

  /**
   * Makes an ad from lines, for tests and for sending.
   *
   * @param lines The attributes, each as `Name = expression`.
   * @returns The ad.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * const ad = WireAd.fromLines(['Owner = "alice"', "ClusterId = 12"]);
   * assertEquals(ad.rawText("clusterid"), "12");
   * assertEquals(ad.string("Owner"), "alice");
   * ```
   */
  static fromLines(lines: Iterable<string>): WireAd {
    const encoder = new TextEncoder();
    const pieces = Array.from(lines, (line) => encoder.encode(line));
    const bytes = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
    const spans = new Uint32Array(2 * pieces.length);
    let at = 0;
    pieces.forEach((piece, i) => {
      bytes.set(piece, at);
      spans[2 * i] = at;
      spans[2 * i + 1] = at += piece.length;
    });
    return new WireAd(bytes, spans);
  }

  /** How many lines the ad has. A name that was sent twice counts twice. */
  get size(): number {
    return this.#spans.length / 2;
  }

  /** The length of the ad's text, in bytes. */
  get byteLength(): number {
    const spans = this.#spans;
    let total = 0;
    for (let i = 0; i < spans.length; i += 2) total += spans[i + 1] - spans[i];
    return total;
  }

  /**
   * Returns the bytes of a line.
   *
   * @param index 0 to `size - 1`.
   * @returns `Name = expression`. Usually it is UTF-8, but HTCondor sends
   * the bytes that the job's owner wrote.
   */
  line(index: number): Uint8Array {
    return this.#bytes.subarray(
      this.#spans[2 * index],
      this.#spans[2 * index + 1],
    );
  }

  /**
   * Yields all lines as text, in the order in which they were sent. Bytes that
   * are not UTF-8 become U+FFFD.
   */
  *lines(): Generator<string> {
    for (let i = 0; i < this.size; i++) yield decoder.decode(this.line(i));
  }

  /**
   * Returns the text of the ad, one attribute on each line, as `condor_q -long`
   * prints it.
   */
  text(): string {
    return Array.from(this.lines()).join("\n");
  }

  /** Yields names and expressions, in the order in which they were sent. */
  *entries(): Generator<{ name: string; value: Uint8Array }> {
    for (let i = 0; i < this.size; i++) {
      const line = this.line(i);
      const [nameEnd, valueStart] = split(line);
      if (nameEnd > 0) {
        yield {
          name: decoder.decode(line.subarray(0, nameEnd)),
          value: line.subarray(valueStart),
        };
      }
    }
  }

  /** Returns the names of the attributes as they were sent, each name once. */
  names(): string[] {
    const names = new Map<string, string>();
    for (const { name } of this.entries()) {
      const lower = name.toLowerCase();
      if (!names.has(lower)) names.set(lower, name);
    }
    return [...names.values()];
  }

  /**
   * Returns whether the ad has an attribute.
   *
   * @param name The name, in any case.
   */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * Returns the bytes of an expression.
   *
   * @param name The attribute's name, in any case.
   * @returns The expression in old ClassAd syntax. If the name was sent twice,
   * the last one counts. Undefined if the ad has no such attribute.
   */
  rawValue(name: string): Uint8Array | undefined {
    return this.read(
      name,
      (bytes, start, end) => bytes.subarray(start, end),
    );
  }

  /**
   * Calls a function with the bytes of an expression, without a copy.
   *
   * @param name The attribute's name, in any case.
   * @param read Gets the bytes of which the expression is a part, its start and
   * its end. It must not change them.
   * @returns What `read` returns. Undefined if the ad has no such attribute.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * const ad = WireAd.fromLines(["ProcId = 12"]);
   * assertEquals(ad.read("procid", (_bytes, start, end) => end - start), 2);
   * ```
   */
  read<Result>(
    name: string,
    read: (bytes: Uint8Array, start: number, end: number) => Result,
  ): Result | undefined {
    const index = this.#find(name);
    if (index === undefined) return undefined;
    const bytes = this.#bytes;
    const end = this.#spans[2 * index + 1];
    let start = this.#spans[2 * index];
    while (start < end && bytes[start] !== 0x3d) start++;
    // A line without `=` has no value.
    start++;
    while (start < end && isBlank(bytes[start])) start++;
    return read(bytes, Math.min(start, end), end);
  }

  /**
   * Returns the text of an expression.
   *
   * @param name The attribute's name, in any case.
   * @returns The result of `rawValue()` as text. Bytes that are not UTF-8
   * become U+FFFD.
   */
  rawText(name: string): string | undefined {
    const value = this.rawValue(name);
    return value === undefined ? undefined : decoder.decode(value);
  }

  /**
   * Returns the value of an attribute that is a string literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The string, or undefined if there is no such attribute or it is
   * not a string literal.
   */
  string(name: string): string | undefined {
    const text = this.rawText(name);
    return text === undefined ? undefined : unquote(text);
  }

  /**
   * Returns the value of an attribute that is an integer literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The number, or undefined if there is no such attribute or it is
   * not an integer literal of at most 15 digits.
   */
  integer(name: string): number | undefined {
    return this.read(name, integerIn);
  }

  /**
   * Returns the value of an attribute that is a boolean literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The value, or undefined if there is no such attribute or it is not
   * a boolean literal.
   */
  boolean(name: string): boolean | undefined {
    const text = this.rawText(name)?.toLowerCase();
    return text === "true" ? true : text === "false" ? false : undefined;
  }

  /**
   * Returns the lines that are not in another ad, byte for byte. For a job and
   * its cluster ad these are the job's own attributes. It is fast if both ads
   * have the same order.
   *
   * @param other The other ad.
   * @returns A new ad, which does not keep the memory of this one.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * const cluster = WireAd.fromLines(['Cmd = "/bin/true"', "ClusterId = 1"]);
   * const job = WireAd.fromLines([...cluster.lines(), "ProcId = 0"]);
   * assertEquals(job.beyond(cluster).text(), "ProcId = 0");
   * ```
   */
  beyond(other: WireAd): WireAd {
    const own: number[] = [];
    let next = 0;
    for (let i = 0; i < this.size; i++) {
      const at = other.#sameLine(this, i, next);
      if (at < 0) own.push(i);
      else next = at + 1;
    }
    return this.#copy(own);
  }

  /**
   * Returns the ad without some attributes.
   *
   * @param names The names of these attributes, in any case.
   * @returns A new ad.
   */
  without(names: readonly string[]): WireAd {
    const left = Array.from({ length: this.size }, (_, i) => i)
      .filter((i) => !names.some((name) => this.#isOf(name, i)));
    return this.#copy(left);
  }

  #copy(lines: readonly number[]): WireAd {
    const spans = new Uint32Array(2 * lines.length);
    let length = 0;
    lines.forEach((line, k) => {
      spans[2 * k] = length;
      length += this.#spans[2 * line + 1] - this.#spans[2 * line];
      spans[2 * k + 1] = length;
    });
    const bytes = new Uint8Array(length);
    lines.forEach((line, k) => bytes.set(this.line(line), spans[2 * k]));
    return new WireAd(bytes, spans);
  }

  /**
   * Returns the line that equals a line of another ad, or −1. The search begins
   * at `start`.
   */
  #sameLine(other: WireAd, index: number, start: number): number {
    const from = other.#spans[2 * index];
    const length = other.#spans[2 * index + 1] - from;
    const lines = this.size;
    for (let k = 0; k < lines; k++) {
      const line = start + k < lines ? start + k : start + k - lines;
      const at = this.#spans[2 * line];
      if (this.#spans[2 * line + 1] - at !== length) continue;
      let same = 0;
      while (
        same < length && this.#bytes[at + same] === other.#bytes[from + same]
      ) same++;
      if (same === length) return line;
    }
    return -1;
  }

  /**
   * Finds the last line of an attribute. Most ads are asked for only a few
   * attributes, and for these an index would cost more than it saves.
   */
  #find(name: string): number | undefined {
    if (name === this.#lastName) return this.#lastLine;
    this.#lastName = name;
    return this.#lastLine = this.#search(name);
  }

  #search(name: string): number | undefined {
    const isShort = this.size < leastIndexed || this.#scans++ < mostScans;
    if (this.#index === undefined && isShort) {
      for (let i = this.size - 1; i >= 0; i--) {
        if (this.#isOf(name, i)) return i;
      }
      if (/^[\0-\x7f]*$/.test(name)) return undefined;
    }
    this.#index ??= this.#makeIndex();
    return this.#index.get(name.toLowerCase());
  }

  /** Returns whether a line has this name, in any case. */
  #isOf(name: string, index: number): boolean {
    const start = this.#spans[2 * index];
    const end = this.#spans[2 * index + 1];
    const length = name.length;
    if (length === 0 || length >= end - start) return false;
    for (let k = 0; k < length; k++) {
      const asked = name.charCodeAt(k), byte = this.#bytes[start + k];
      if (asked !== byte && folded(asked) !== folded(byte)) return false;
    }
    let at = start + length;
    while (at < end && isBlank(this.#bytes[at])) at++;
    return at < end && this.#bytes[at] === 0x3d;
  }

  #makeIndex(): Map<string, number> {
    const index = new Map<string, number>();
    for (let i = 0; i < this.size; i++) {
      const line = this.line(i);
      const [nameEnd] = split(line);
      if (nameEnd > 0) {
        index.set(decoder.decode(line.subarray(0, nameEnd)).toLowerCase(), i);
      }
    }
    return index;
  }
}

/** Returns the lower case of an ASCII letter. */
function folded(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Returns the end of the name and the start of the expression. */
function split(line: Uint8Array): [number, number] {
  const equals = line.indexOf(0x3d);
  if (equals < 0) return [0, line.length];
  let nameEnd = equals;
  while (nameEnd > 0 && isBlank(line[nameEnd - 1])) nameEnd--;
  let valueStart = equals + 1;
  while (valueStart < line.length && isBlank(line[valueStart])) valueStart++;
  return [nameEnd, valueStart];
}

/** Returns the integer of at most 15 digits that the bytes are; undefined for others. */
function integerIn(
  bytes: Uint8Array,
  start: number,
  end: number,
): number | undefined {
  const sign = bytes[start];
  const isSigned = start < end && (sign === 0x2b || sign === 0x2d);
  let at = isSigned ? start + 1 : start;
  if (at >= end || end - at > 15) return undefined;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = 10 * value + digit;
  }
  return isSigned && sign === 0x2d ? -value : value;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

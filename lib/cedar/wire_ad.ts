/**
 * ClassAds as they stand on the wire: a count, that many lines
 * `Name = expression` in old ClassAd syntax, and two strings that once were
 * MyType and TargetType. After `condor_utils/classad_oldnew.cpp`.
 *
 * @module
 */

const decoder = new TextDecoder();

/** After so many look-ups in an ad it gets an index. */
const mostScans = 24;

/** Attributes that are never shown to those who may not see them ("V1"). */
const privateNames = new Set([
  "capability",
  "childclaimids",
  "claimid",
  "claimidlist",
  "claimids",
  "transferkey",
]);

/**
 * Whether an attribute is a secret that HTCondor encrypts or leaves out.
 *
 * @param name The attribute's name, in any case.
 * @returns 1 for the names known by all versions, 2 for those that start with
 *   `_condor_priv` (since 9.9.0), 0 for all others.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(privateAttribute("ClaimId"), 1);
 * assertEquals(privateAttribute("Owner"), 0);
 * ```
 */
export function privateAttribute(name: string): 0 | 1 | 2 {
  const lower = name.toLowerCase();
  if (lower.startsWith("_condor_priv")) return 2;
  return privateNames.has(lower) ? 1 : 0;
}

/**
 * An ad as received: the bytes of its lines. Nothing is decoded, and no
 * expression parsed, before it is asked for.
 */
export class WireAd {
  readonly #bytes: Uint8Array;
  // Start and end of each line in #bytes, without the terminating NUL.
  readonly #spans: Uint32Array;
  #index: Map<string, number> | undefined;
  #scans = 0;

  /**
   * Makes one.
   *
   * @param bytes Where the lines are.
   * @param spans Start and end of each line, in bytes.
   */
  constructor(bytes: Uint8Array, spans: Uint32Array) {
    this.#bytes = bytes;
    this.#spans = spans;
  }

  /**
   * Makes an ad from lines, for tests and for sending.
   *
   * @param lines `Name = expression`, one attribute each.
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

  /** How many lines the ad has; a name that is sent twice counts twice. */
  get size(): number {
    return this.#spans.length / 2;
  }

  /** The length of the ad's text in bytes. */
  get byteLength(): number {
    const spans = this.#spans;
    let total = 0;
    for (let i = 0; i < spans.length; i += 2) total += spans[i + 1] - spans[i];
    return total;
  }

  /**
   * The bytes of a line.
   *
   * @param index 0 to `size - 1`.
   * @returns `Name = expression` in UTF-8 (or whatever the job's owner wrote).
   */
  line(index: number): Uint8Array {
    return this.#bytes.subarray(
      this.#spans[2 * index],
      this.#spans[2 * index + 1],
    );
  }

  /** All lines, decoded, in the order in which they were sent. */
  *lines(): Generator<string> {
    for (let i = 0; i < this.size; i++) yield decoder.decode(this.line(i));
  }

  /** The text of the ad, one attribute a line, as `condor_q -long` has it. */
  text(): string {
    return Array.from(this.lines()).join("\n");
  }

  /** Names and expressions, in the order in which they were sent. */
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

  /** The names of the attributes, as they were sent; each once. */
  names(): string[] {
    const names = new Map<string, string>();
    for (const { name } of this.entries()) {
      const lower = name.toLowerCase();
      if (!names.has(lower)) names.set(lower, name);
    }
    return [...names.values()];
  }

  /**
   * Whether an attribute was sent.
   *
   * @param name The name, in any case.
   */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * The bytes of an expression.
   *
   * @param name The attribute's name, in any case.
   * @returns The expression in old ClassAd syntax; of a name that was sent
   *   twice the last; undefined when the ad has none of that name.
   */
  rawValue(name: string): Uint8Array | undefined {
    const index = this.#find(name);
    if (index === undefined) return undefined;
    const line = this.line(index);
    return line.subarray(split(line)[1]);
  }

  /**
   * The text of an expression.
   *
   * @param name The attribute's name, in any case.
   * @returns As `rawValue()`, decoded.
   */
  rawText(name: string): string | undefined {
    const value = this.rawValue(name);
    return value === undefined ? undefined : decoder.decode(value);
  }

  /**
   * The value of an attribute that is a string literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The string; undefined when there is none of that name, or it is
   *   something else than a string literal.
   */
  string(name: string): string | undefined {
    const text = this.rawText(name);
    return text === undefined ? undefined : unquote(text);
  }

  /**
   * The value of an attribute that is an integer literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The number; undefined when there is none of that name, or it is
   *   something else.
   */
  integer(name: string): number | undefined {
    const text = this.rawText(name);
    return text !== undefined && /^[+-]?\d{1,15}$/.test(text)
      ? Number(text)
      : undefined;
  }

  /**
   * The value of an attribute that is a boolean literal.
   *
   * @param name The attribute's name, in any case.
   * @returns The value; undefined when there is none of that name, or it is
   *   something else.
   */
  boolean(name: string): boolean | undefined {
    const text = this.rawText(name)?.toLowerCase();
    return text === "true" ? true : text === "false" ? false : undefined;
  }

  /**
   * The lines that do not stand in another ad, byte for byte: what a job has of
   * its own, given its cluster ad. Quick where the order is the same.
   *
   * @param other The other ad.
   * @returns An ad of its own, which does not keep this one's bytes.
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
   * The ad without some attributes.
   *
   * @param names Their names, in any case.
   * @returns An ad of its own.
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

  /** Where a line of another ad stands here, looked for from `start` on; or −1. */
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

  /** Most ads are asked for a few attributes: an index costs more than looking. */
  #find(name: string): number | undefined {
    if (this.#index === undefined && this.#scans++ < mostScans) {
      for (let i = this.size - 1; i >= 0; i--) {
        if (this.#isOf(name, i)) return i;
      }
      if (/^[\0-\x7f]*$/.test(name)) return undefined;
    }
    this.#index ??= this.#makeIndex();
    return this.#index.get(name.toLowerCase());
  }

  /** Whether a line is of this name, in any case. */
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

/** An ASCII letter as a small one. */
function folded(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Where the name ends and the expression starts. */
function split(line: Uint8Array): [number, number] {
  const equals = line.indexOf(0x3d);
  if (equals < 0) return [0, line.length];
  let nameEnd = equals;
  while (nameEnd > 0 && isBlank(line[nameEnd - 1])) nameEnd--;
  let valueStart = equals + 1;
  while (valueStart < line.length && isBlank(line[valueStart])) valueStart++;
  return [nameEnd, valueStart];
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

/**
 * Reads a string literal in old ClassAd syntax.
 *
 * @param text The expression.
 * @returns The string, or undefined when the expression is something else.
 */
export function unquote(text: string): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(text)) return undefined;
  const inner = text.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replace(/\\([0-7]{1,3}|.)/gs, (_, c: string) => {
    if (/^[0-7]/.test(c)) return String.fromCharCode(parseInt(c, 8));
    return { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }[c] ?? c;
  });
}

/**
 * Writes a string literal in old ClassAd syntax.
 *
 * @param text Any string without NUL.
 * @returns The literal, with quotes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(quote('say "hi"'), '"say \\"hi\\""');
 * ```
 */
export function quote(text: string): string {
  return `"${
    text.replace(/["\\\n\t\r\b\f]/g, (c) =>
      ({
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\b": "\\b",
        "\f": "\\f",
      } as Record<string, string>)[c] ?? `\\${c}`)
  }"`;
}

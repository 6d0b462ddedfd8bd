import type { AdList } from "./ad_list.ts";
import type { ValueVisitor } from "./pass_check.ts";
import { WordNumbers } from "./word_numbers.ts";
import { kindOf } from "./key.ts";

/**
 * Notes the value of one attribute in each ad while a log is read. Few different
 * values are expected.
 */
export class WatchedValues implements ValueVisitor {
  readonly #name: Uint8Array;
  readonly #next: ValueVisitor;
  readonly #values = new WordNumbers();
  #isSure = true;
  // By ad: the number of its value, or 0.
  #held: Int32Array;

  /**
   * All records are then shown to `next`. There is room for about `expected`
   * ads. It grows if there are more.
   */
  constructor(name: string, next: ValueVisitor, expected: number) {
    this.#held = new Int32Array(expected);
    this.#name = new TextEncoder().encode(name.toLowerCase());
    this.#next = next;
  }

  set(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueEnd: number,
  ): boolean {
    if (ad >= 0 && this.#is(bytes, nameStart, nameEnd)) {
      this.#put(ad, this.#values.number(bytes, nameEnd + 1, valueEnd));
    }
    return this.#next.set(ad, bytes, nameStart, nameEnd, valueEnd);
  }

  delete(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
  ): void {
    if (ad >= 0 && this.#is(bytes, nameStart, nameEnd)) this.#put(ad, 0);
    this.#next.delete(ad, bytes, nameStart, nameEnd);
  }

  unclear(ad: number): void {
    this.#isSure = false;
    this.#next.unclear(ad);
  }

  /**
   * Returns how many jobs have each value in their own ad, as text. Undefined if
   * a value was not shown.
   */
  counts(ads: AdList): Map<string, number> | undefined {
    if (!this.#isSure) return undefined;
    const counts = new Map<number, number>();
    for (let ad = 0; ad < ads.size; ad++) {
      if (!ads.isAlive(ad)) continue;
      if (kindOf(ads.cluster(ad), ads.proc(ad)) !== "proc") continue;
      const value = ad < this.#held.length ? this.#held[ad] : 0;
      if (value > 0) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return new Map(
      [...counts].map(([value, count]) => [this.#values.text(value), count]),
    );
  }

  #is(bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#name;
    if (end - start !== name.length) return false;
    for (let at = 0; at < name.length; at++) {
      const byte = bytes[start + at];
      const lower = byte >= 65 && byte <= 90 ? byte | 32 : byte;
      if (lower !== name[at]) return false;
    }
    return true;
  }

  #put(ad: number, value: number): void {
    if (ad >= this.#held.length) {
      if (value === 0) return;
      const held = new Int32Array(Math.ceil((ad + 1) * 1.5));
      held.set(this.#held);
      this.#held = held;
    }
    this.#held[ad] = value;
  }
}

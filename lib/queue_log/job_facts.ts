import type { AdList } from "./ad_list.ts";
import type { ValueVisitor } from "./pass_check.ts";
import { ValueCheck } from "./value_check.ts";

// What is known about an attribute of an ad, in two bits each.
const ABSENT = 0;
const GOOD = 1;
const UNCLEAR = 2;
const MASK = 3;

// The attributes without which a schedd removes a job.
const CLUSTER_ID = 0;
const OWNER = 2;
const PROC_ID = 4;
const UNIVERSE = 6;
const names = ["clusterid", "owner", "procid", "jobuniverse"];
const shifts = [CLUSTER_ID, OWNER, PROC_ID, UNIVERSE];

/**
 * Checks the values of a log while it is read, and notes which ads have what
 * every job needs, as plain numbers and strings. So nearly all jobs of a queue
 * need not be read a second time.
 */
export class JobFacts implements ValueVisitor {
  /** The ads of the log, which are known at the end of the pass. */
  ads: AdList | undefined;
  readonly #values = new ValueCheck();
  #facts: Uint8Array;
  // The number in the last ClusterId of the ad.
  #clusters: Int32Array;

  /** There is room for about `expected` ads. It grows if there are more. */
  constructor(expected: number) {
    this.#facts = new Uint8Array(expected);
    this.#clusters = new Int32Array(expected);
  }

  set(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueEnd: number,
  ): boolean {
    if (ad < 0) return false;
    const which = attributeAt(bytes, nameStart, nameEnd);
    if (which >= 0) this.#note(ad, which, bytes, nameEnd + 1, valueEnd);
    return this.#values.isGood(bytes, nameEnd + 1, valueEnd);
  }

  delete(
    ad: number,
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
  ): void {
    const which = attributeAt(bytes, nameStart, nameEnd);
    if (which >= 0 && ad >= 0) this.#put(ad, which, ABSENT);
  }

  /**
   * Returns whether the job has everything that a schedd requires. False means
   * that the job itself has to be looked at.
   */
  isComplete(cluster: number, ad: number): boolean {
    const parent = this.ads?.find(cluster, -1) ?? -1;
    if (parent < 0) return false;
    const own = this.#of(ad);
    const inherited = this.#of(parent);
    for (const which of shifts) {
      const fact = (own >> which) & MASK || (inherited >> which) & MASK;
      if (fact !== GOOD) return false;
    }
    const holder = (own >> CLUSTER_ID) & MASK ? ad : parent;
    return this.#clusters[holder] === cluster;
  }

  /** Forgets what is known about an ad. The ad itself has to be looked at. */
  unclear(ad: number): void {
    for (const which of shifts) this.#put(ad, which, UNCLEAR);
  }

  #of(ad: number): number {
    return ad < this.#facts.length ? this.#facts[ad] : 0;
  }

  #note(
    ad: number,
    which: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (which === OWNER) {
      let plain = end - start > 1 && bytes[start] === 34 &&
        bytes[end - 1] === 34;
      for (let at = start + 1; plain && at < end - 1; at++) {
        plain = bytes[at] !== 34 && bytes[at] !== 92;
      }
      this.#put(ad, which, plain ? GOOD : UNCLEAR);
      return;
    }
    const number = plainNumber(bytes, start, end);
    const good = which === UNIVERSE ? number >= 1 && number <= 13 : number >= 0;
    this.#put(ad, which, good ? GOOD : UNCLEAR);
    if (which === CLUSTER_ID) this.#clusters[ad] = number;
  }

  #put(ad: number, which: number, fact: number): void {
    if (ad >= this.#facts.length) this.#grow(ad);
    this.#facts[ad] = (this.#facts[ad] & ~(MASK << which)) | (fact << which);
  }

  #grow(ad: number): void {
    const size = Math.ceil((ad + 1) * 1.5);
    const facts = new Uint8Array(size);
    facts.set(this.#facts);
    this.#facts = facts;
    const clusters = new Int32Array(size);
    clusters.set(this.#clusters);
    this.#clusters = clusters;
  }
}

/** Returns which of the four attributes this name is, or -1. */
function attributeAt(bytes: Uint8Array, start: number, end: number): number {
  // Nearly every name has another length or another first letter.
  let which: number;
  switch (end - start) {
    case 5:
      which = 1;
      break;
    case 6:
      which = 2;
      break;
    case 9:
      which = 0;
      break;
    case 11:
      which = 3;
      break;
    default:
      return -1;
  }
  const name = names[which];
  for (let at = 0; at < name.length; at++) {
    if ((bytes[start + at] | 32) !== name.charCodeAt(at)) return -1;
  }
  return shifts[which];
}

/** Returns a number of at most nine digits, or -1. */
function plainNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 9) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  // The lexer reads a number with a leading zero in another way.
  return bytes[start] === 48 && end - start > 1 ? -1 : number;
}

import type { Expr } from "../classad/mod.ts";
import type { Scope } from "../classad/mod.ts";
import type {
  AdRecords,
  AttributeVisitor,
  RawAttribute,
} from "./ad_records.ts";
import { type KeyKind, kindOf } from "./key.ts";
import { stringLiteral } from "./expression.ts";
import { textOf } from "./text.ts";

/** The functions of its table that an ad uses. */
export interface AdOwner {
  /**
   * Returns the ad's records. They are read again if they are not in memory.
   */
  records(ad: number): AdRecords;
  /** Returns the offset of the ad's first record, in bytes. */
  offset(ad: number): number;
  /** Returns the key as the daemon writes it. */
  key(cluster: number, proc: number): string;
  /** Returns the cluster ad of a proc ad. */
  clusterAd(cluster: number): QueueAd | undefined;
  /** Returns the parsed value. `where` names the value in an error. */
  parse(text: string, where: () => string): Expr;
}

const EMPTY_TYPE = "(empty)";

/**
 * An ad of a {@linkcode QueueTable}. Names may be in any case. The ad is read
 * from the file only when it is needed, and its values stay bytes until they
 * are decoded.
 */
export class QueueAd implements Scope {
  /** The kind of ad, from the numbers of its key. */
  readonly kind: KeyKind;
  /** The number before the dot of the key. */
  readonly cluster: number;
  /** The number after the dot of the key. In a cluster ad it is -1. */
  readonly proc: number;
  readonly #owner: AdOwner;
  readonly #ad: number;
  // Only a cluster ad caches its values, because all of its procs ask for the
  // same names.
  readonly #known: Map<string, Expr | undefined> | undefined;

  /** Used by the table. */
  constructor(owner: AdOwner, ad: number, cluster: number, proc: number) {
    this.#owner = owner;
    this.#ad = ad;
    this.cluster = cluster;
    this.proc = proc;
    this.kind = kindOf(cluster, proc);
    this.#known = this.kind === "cluster" ? new Map() : undefined;
  }

  /** The key as the daemon writes it, such as `12.3` or `012.-1`. */
  get key(): string {
    return this.#owner.key(this.cluster, this.proc);
  }

  /** The offset of the record that made the ad, in bytes. */
  get offset(): number {
    return this.#owner.offset(this.#ad);
  }

  /**
   * The type in the record that made the ad. `(empty)` becomes the empty
   * string.
   */
  get myType(): string {
    const records = this.#owner.records(this.#ad);
    const [start, end] = records.types;
    return typeName(textOf(records.slice(start, end)));
  }

  /**
   * The target type in the record that made the ad. It is empty for `(empty)`
   * or if there is none. HTCondor ignores it.
   */
  get targetType(): string {
    const records = this.#owner.records(this.#ad);
    const [, , start, end] = records.types;
    return typeName(textOf(records.slice(start, end)));
  }

  /** The cluster ad of a proc ad, if there is one. */
  get parent(): QueueAd | undefined {
    return this.kind === "proc"
      ? this.#owner.clusterAd(this.cluster)
      : undefined;
  }

  /** Returns the ad's own names as they were first written, in that order. */
  names(): string[] {
    const names: string[] = [];
    this.visit((name) => names.push(name));
    return names;
  }

  /**
   * Returns the ad's own attributes, in the order in which they were first set.
   */
  entries(): RawAttribute[] {
    const entries: RawAttribute[] = [];
    this.visit((name, bytes, start, end) => {
      entries.push({ name, value: bytes.subarray(start, end) });
    });
    return entries;
  }

  /**
   * Calls `visit` for each of the ad's own attributes, without making objects.
   * It gets the name, and the bytes that hold the value from `start` to `end`.
   */
  visit(visit: AttributeVisitor): void {
    this.#owner.records(this.#ad).visit(visit);
  }

  /** Returns the bytes of the ad's own value, or undefined if it has none. */
  rawValue(name: string): Uint8Array | undefined {
    return this.#owner.records(this.#ad).value(name);
  }

  /**
   * Returns the ad's own value as text, or undefined if it has none. The text
   * is decoded as {@linkcode decodeText} of lib/classad does.
   */
  text(name: string): string | undefined {
    const value = this.rawValue(name);
    return value && textOf(value);
  }

  /**
   * Returns the value as text: the ad's own value, or else that of its cluster
   * ad.
   */
  chainedText(name: string): string | undefined {
    return this.text(name) ?? this.parent?.text(name);
  }

  /**
   * Returns the ad's own attributes whose bytes differ from those in another
   * ad, or which the other ad and its cluster ad do not have, in the order in
   * which they were first set.
   */
  entriesOtherThan(other: QueueAd): RawAttribute[] {
    // Reading the records of one ad can drop those of another one from memory,
    // but not from these variables.
    const ours = this.#owner.records(this.#ad);
    const theirs = other.#owner.records(other.#ad);
    if (ours.isSame(theirs)) return [];
    const above = other.parent;
    return ours.differing(
      theirs,
      above && above.#owner.records(above.#ad),
    );
  }

  /** Returns whether the ad itself has the attribute. */
  has(name: string): boolean {
    return this.#owner.records(this.#ad).has(name);
  }

  /**
   * Returns which of the names the ad itself has, in the order of the list. Give
   * the same list for every ad: it is looked up only once, and must not change.
   */
  present(names: readonly string[]): readonly string[] {
    return this.#owner.records(this.#ad).present(names);
  }

  /**
   * Returns the parsed value: the ad's own, or else that of its cluster ad. If
   * no record sets `MyType` or `TargetType`, the value comes from the record
   * that made the ad, as in the schedd's table.
   *
   * Throws {@linkcode QueueLogError} if the value is not a ClassAd expression.
   */
  lookup(name: string): Expr | undefined {
    return this.#own(name) ?? this.parent?.lookup(name) ??
      this.#implied(name);
  }

  #own(name: string): Expr | undefined {
    const known = this.#known;
    if (known === undefined) return this.#parsed(name);
    let expr = known.get(name);
    if (expr === undefined && !known.has(name)) {
      expr = this.#parsed(name);
      known.set(name, expr);
    }
    return expr;
  }

  #parsed(name: string): Expr | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return this.#owner.parse(text, () => `${this.key} ${name}`);
  }

  #implied(name: string): Expr | undefined {
    // Nearly every name has another length.
    if (name.length !== 6 && name.length !== 10) return undefined;
    switch (name.toLowerCase()) {
      case "mytype":
        return stringLiteral(this.myType);
      case "targettype":
        return this.myType.toLowerCase() === "job"
          ? stringLiteral("Machine")
          : undefined;
    }
    return undefined;
  }
}

function typeName(text: string): string {
  return text === EMPTY_TYPE ? "" : text;
}

import type { Expr } from "../classad/mod.ts";
import type { Scope } from "../classad/mod.ts";
import type {
  AdRecords,
  AttributeVisitor,
  RawAttribute,
} from "./ad_records.ts";
import { type KeyKind, kindOf } from "./key.ts";
import { stringLiteral } from "./expression.ts";

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
    return typeName(this.#owner.records(this.#ad).myType);
  }

  /**
   * The target type in the record that made the ad. It is empty for `(empty)`
   * or if there is none. HTCondor ignores it.
   */
  get targetType(): string {
    return typeName(this.#owner.records(this.#ad).targetType);
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
    return collect((visit) => this.visit(visit));
  }

  /**
   * Calls `visit` for each of the ad's own attributes, without making objects.
   * It gets the name, and the bytes that hold the value from `start` to `end`.
   * The bytes are valid only until `visit` returns: copy what has to stay.
   */
  visit(visit: AttributeVisitor): void {
    const records = this.#owner.records(this.#ad);
    records.holding(() => records.visit(visit));
  }

  /** Returns a copy of the ad's own value, or undefined if it has none. */
  rawValue(name: string): Uint8Array | undefined {
    return this.#owner.records(this.#ad).value(name);
  }

  /**
   * Returns the ad's own value as text, or undefined if it has none. The text
   * is decoded as {@linkcode decodeText} of lib/classad does.
   */
  text(name: string): string | undefined {
    return this.#owner.records(this.#ad).text(name);
  }

  /**
   * Returns what `read` makes of the bytes of the ad's own value, or undefined
   * if it has none. `read` must neither keep the bytes nor read other ads.
   */
  read<Result>(
    name: string,
    read: (bytes: Uint8Array, start: number, end: number) => Result,
  ): Result | undefined {
    return this.#owner.records(this.#ad).read(name, read);
  }

  /** Returns whether the ad's own value is exactly these bytes. */
  holds(name: string, bytes: Uint8Array): boolean {
    return this.#owner.records(this.#ad).holds(name, bytes);
  }

  /**
   * Returns the value as text: the ad's own value, or else that of its cluster
   * ad.
   */
  chainedText(name: string): string | undefined {
    return this.text(name) ?? this.parent?.text(name);
  }

  /** Returns whether another ad has the same bytes as its own value. */
  sharesValue(name: string, other: QueueAd): boolean {
    const ours = this.#owner.records(this.#ad);
    return ours.holding(() =>
      ours.shares(name, other.#owner.records(other.#ad))
    );
  }

  /**
   * Returns the ad's own attributes whose bytes differ from those in another
   * ad, or which the other ad and its cluster ad do not have, in the order in
   * which they were first set.
   */
  entriesOtherThan(other: QueueAd): RawAttribute[] {
    return collect((visit) => this.visitOtherThan(other, visit));
  }

  /**
   * Calls `visit` for what {@linkcode QueueAd.entriesOtherThan} returns. The
   * bytes are valid only until `visit` returns: copy what has to stay.
   */
  visitOtherThan(other: QueueAd, visit: AttributeVisitor): void {
    // Reading the records of one ad can put them where those of another one are.
    const ours = this.#owner.records(this.#ad);
    ours.holding(() => {
      const theirs = other.#owner.records(other.#ad);
      if (ours.isSame(theirs)) return;
      theirs.holding(() => {
        const above = other.#parentRecords();
        const compare = () => ours.visitOtherThan(theirs, above, visit);
        if (above === undefined) compare();
        else above.holding(compare);
      });
    });
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

  #parentRecords(): AdRecords | undefined {
    const { parent } = this;
    return parent && parent.#owner.records(parent.#ad);
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

/** Returns what a visitor sees, with copies of the bytes. */
function collect(visitAll: (visit: AttributeVisitor) => void): RawAttribute[] {
  const found: { readonly name: string; readonly length: number }[] = [];
  let copy = new Uint8Array(512);
  let size = 0;
  visitAll((name, bytes, start, end) => {
    const length = end - start;
    if (size + length > copy.length) {
      const larger = new Uint8Array((size + length) * 2);
      larger.set(copy.subarray(0, size));
      copy = larger;
    }
    for (let at = 0; at < length; at++) copy[size + at] = bytes[start + at];
    size += length;
    found.push({ name, length });
  });
  let at = 0;
  return found.map(({ name, length }) => {
    const value = copy.subarray(at, at + length);
    at += length;
    return { name, value };
  });
}

function typeName(text: string): string {
  return text === EMPTY_TYPE ? "" : text;
}

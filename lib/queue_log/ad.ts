import type { Expr } from "../classad/mod.ts";
import type { Scope } from "../classad/mod.ts";
import type { AdRecords, AttributeVisitor } from "./ad_records.ts";
import { formatKey, type KeyKind, kindOf } from "./key.ts";
import { stringLiteral } from "./expression.ts";
import { textOf } from "./text.ts";

/** What an ad needs of its table. */
export interface AdOwner {
  /** The ad's records, read again if they are no longer at hand. */
  records(ad: number): AdRecords;
  /** Where the ad's first record stands. */
  offset(ad: number): number;
  /** The cluster ad of a proc ad. */
  clusterAd(cluster: number): QueueAd | undefined;
  /** The parsed value. */
  parse(text: string, where: () => string): Expr;
}

/** One attribute, in the bytes of the file. */
export interface RawAttribute {
  /** The name as first written. */
  readonly name: string;
  /** The value: a ClassAd expression in the old syntax, without newline. */
  readonly value: Uint8Array;
}

const EMPTY_TYPE = "(empty)";

/**
 * An ad of a {@linkcode QueueTable}. Names come in any case. Nothing of it is
 * read from the file before somebody asks, and values stay bytes until then.
 */
export class QueueAd implements Scope {
  /** What the key's numbers mean. */
  readonly kind: KeyKind;
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot; -1 in a cluster ad. */
  readonly proc: number;
  readonly #owner: AdOwner;
  readonly #ad: number;
  // Only a cluster ad remembers: its procs ask it for the same names.
  readonly #known: Map<string, Expr | undefined> | undefined;

  /** Made by the table. */
  constructor(owner: AdOwner, ad: number, cluster: number, proc: number) {
    this.#owner = owner;
    this.#ad = ad;
    this.cluster = cluster;
    this.proc = proc;
    this.kind = kindOf(cluster, proc);
    this.#known = this.kind === "cluster" ? new Map() : undefined;
  }

  /** The key in the schedd's own form. */
  get key(): string {
    return formatKey(this.cluster, this.proc);
  }

  /** Where in the log the record that made the ad begins, in bytes. */
  get offset(): number {
    return this.#owner.offset(this.#ad);
  }

  /** The type that the ad was made with; empty for `(empty)`. */
  get myType(): string {
    const records = this.#owner.records(this.#ad);
    const [start, end] = records.types;
    return typeName(textOf(records.slice(start, end)));
  }

  /**
   * The target type that the ad was made with; empty for `(empty)` or none.
   * HTCondor reads and forgets it.
   */
  get targetType(): string {
    const records = this.#owner.records(this.#ad);
    const [, , start, end] = records.types;
    return typeName(textOf(records.slice(start, end)));
  }

  /** The cluster ad of a proc ad, where it is there. */
  get parent(): QueueAd | undefined {
    return this.kind === "proc"
      ? this.#owner.clusterAd(this.cluster)
      : undefined;
  }

  /** The ad's own names, as first written and in that order. */
  names(): string[] {
    const names: string[] = [];
    this.visit((name) => names.push(name));
    return names;
  }

  /** The ad's own attributes, in the order in which they were first set. */
  entries(): RawAttribute[] {
    const entries: RawAttribute[] = [];
    this.visit((name, bytes, start, end) => {
      entries.push({ name, value: bytes.subarray(start, end) });
    });
    return entries;
  }

  /**
   * The same without making objects: calls `visit` with each name, and with
   * the bytes among which its value stands, from `start` to `end`.
   */
  visit(visit: AttributeVisitor): void {
    this.#owner.records(this.#ad).visit(visit);
  }

  /** The bytes of the ad's own value. */
  rawValue(name: string): Uint8Array | undefined {
    return this.#owner.records(this.#ad).value(name);
  }

  /** The ad's own value as it stands in the file. */
  text(name: string): string | undefined {
    const value = this.rawValue(name);
    return value && textOf(value);
  }

  /** The value as it stands in the file, the cluster ad's if not the ad's own. */
  chainedText(name: string): string | undefined {
    return this.text(name) ?? this.parent?.text(name);
  }

  /** Whether the ad itself has the attribute. */
  has(name: string): boolean {
    return this.rawValue(name) !== undefined;
  }

  /**
   * The parsed value, the cluster ad's if not the ad's own. `MyType` and
   * `TargetType` answer with the types of the record that made the ad where
   * no record sets them, as the schedd's table does.
   *
   * Throws {@linkcode QueueLogError} if the value does not parse.
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

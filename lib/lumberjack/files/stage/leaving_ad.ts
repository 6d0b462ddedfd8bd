import { type Expr, parse, type Scope } from "../../../classad/mod.ts";

/**
 * The attributes that hold the names of files. When the user sets one of them
 * for the remote side, the value names files there, so nothing of it is staged.
 */
const namesFiles: ReadonlySet<string> = new Set(
  [
    "Cmd",
    "CommonInputCatalogs",
    "CommonInputFiles",
    "ContainerImage",
    "In",
    "OrigCmd",
    "PublicInputFiles",
    "TransferInput",
    "TransferPlugins",
    "TransferQueueInputList",
    "x509userproxy",
  ].map((name) => name.toLowerCase()),
);

/** What the user changes in the ads that leave. */
export interface UserChanges {
  readonly set: readonly { readonly name: string; readonly value: string }[];
  readonly deleted: readonly string[];
}

/**
 * A job's ad as it leaves, before file names are rewritten: what the user sets
 * or deletes counts. An attribute with file names that the user sets is not
 * there: it is final.
 */
export class LeavingAd implements Scope {
  readonly #ad: Scope;
  readonly #changes: ReadonlyMap<string, Expr | undefined>;

  /** `changes` comes from {@linkcode changesByName}. */
  constructor(ad: Scope, changes: ReadonlyMap<string, Expr | undefined>) {
    this.#ad = ad;
    this.#changes = changes;
  }

  /** See {@linkcode Scope.lookup}. */
  lookup(name: string): Expr | undefined {
    if (this.#changes.size === 0) return this.#ad.lookup(name);
    const lower = name.toLowerCase();
    return this.#changes.has(lower)
      ? this.#changes.get(lower)
      : this.#ad.lookup(name);
  }

  /** Whether the user has set or deleted an attribute. */
  isChanged(name: string): boolean {
    return this.#changes.has(name.toLowerCase());
  }
}

/** Returns the user's changes by lower-case name. */
export function changesByName(
  { set, deleted }: UserChanges,
): ReadonlyMap<string, Expr | undefined> {
  const changes = new Map<string, Expr | undefined>();
  for (const name of deleted) changes.set(name.toLowerCase(), undefined);
  for (const { name, value } of set) {
    const lower = name.toLowerCase();
    const expr = namesFiles.has(lower)
      ? undefined
      : parse(value, { syntax: "old" });
    changes.set(lower, expr);
  }
  return changes;
}

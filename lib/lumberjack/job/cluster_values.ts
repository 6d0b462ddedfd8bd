import { type Expr, references } from "../../classad/mod.ts";
import { QueueAd } from "../../queue_log/mod.ts";

/**
 * Functions whose value depends only on their arguments. Others may read the clock
 * or attributes whose names appear only when they run.
 */
const plainFunctions: ReadonlySet<string> = new Set([
  ...["member", "identicalmember", "stringlistmember", "stringlistimember"],
  ...["isundefined", "iserror", "isstring", "isinteger", "isreal", "isboolean"],
  ...["ifthenelse", "regexp", "strcat", "substr", "strcmp", "stricmp"],
  ...["tolower", "toupper", "size", "int", "real", "string", "bool"],
]);

/**
 * Tells for which jobs some expressions have the same value as for all other jobs of
 * their cluster, so that they need not be evaluated for each of these jobs. This is so
 * if the job itself has none of the attributes that the expressions name, and the
 * cluster ad has plain values of them.
 */
export class ClusterValues {
  readonly #names: readonly string[] | undefined;
  #last: QueueAd | undefined;
  #isShared = false;

  /**
   * @param exprs The expressions.
   * @param names Names of other attributes that count, in any case.
   */
  constructor(exprs: readonly Expr[], names: readonly string[] = []) {
    const all = new Set(names.map((name) => name.toLowerCase()));
    for (const expr of exprs) {
      for (const name of references(expr).my) all.add(name);
    }
    const isPlain = exprs.every(hasPlainFunctions) &&
      !unusualNames.some((name) => all.has(name));
    this.#names = isPlain ? [...all] : undefined;
  }

  /**
   * Returns the cluster ad if the expressions have the same value in all jobs of the
   * cluster that are like this one, else undefined. The same ad is the same object in
   * jobs that follow each other.
   */
  clusterOf(ad: object): QueueAd | undefined {
    const names = this.#names;
    if (names === undefined || !(ad instanceof QueueAd)) return undefined;
    const { parent } = ad;
    if (parent === undefined || ad.present(names).length > 0) return undefined;
    if (parent !== this.#last) {
      this.#last = parent;
      this.#isShared = names.every((name) => {
        const value = parent.lookup(name);
        return value === undefined || value.kind === "literal";
      });
    }
    return this.#isShared ? parent : undefined;
  }
}

/** An ad has these although no record sets them, or their value is the time. */
const unusualNames = ["mytype", "targettype", "currenttime"];

function hasPlainFunctions(expr: Expr): boolean {
  switch (expr.kind) {
    case "operation":
      return expr.operands.every(hasPlainFunctions);
    case "call":
      return plainFunctions.has(expr.key) && expr.args.every(hasPlainFunctions);
    case "list":
      return expr.items.every(hasPlainFunctions);
    case "attribute":
      return expr.scope === undefined || hasPlainFunctions(expr.scope);
    case "literal":
      return true;
    case "ad":
      return false;
  }
}

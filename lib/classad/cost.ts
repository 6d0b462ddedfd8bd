/**
 * How much work an expression can make for HTCondor, without evaluating it.
 *
 * HTCondor 23.9 evaluates some operands twice, and it stops following an
 * attribute that refers to itself only after 400 levels. So a short text can
 * keep it busy for ever: `[A0 = 0 ? e : A0].A0` takes 2^400 steps. A very long
 * chain of operators overflows its stack, and the daemon dies. (operators.cpp,
 * Operation::_Evaluate and Operation3::shortCircuit; attrrefs.cpp)
 *
 * @module
 */
import { evaluate } from "./evaluate.ts";
import type { CallExpr, Expr, OperationExpr, Scope } from "./model.ts";
import { parseAsEval } from "./parser.ts";
import { references } from "./references.ts";

/** The most work that one evaluation of an expression can make. */
export interface EvaluationCost {
  /** Nodes that HTCondor evaluates; Infinity if it may never end. */
  readonly steps: number;
  /** Levels of evaluation within each other. */
  readonly depth: number;
}

/** More steps than this for one ad are too many for a daemon. */
const MAX_STEPS = 1_000_000;
/** HTCondor 23.9.6 takes 20 000 levels and dies of 50 000. */
const MAX_DEPTH = 10_000;

/**
 * The most work that HTCondor can have with an expression in the ad `my`. It
 * counts the worst case of all releases: both branches of each condition, and
 * twice what 23.9 evaluates twice. Attributes that neither the expression nor
 * `my` define count as plain values.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluationCost, parse } from "./mod.ts";
 *
 * assertEquals(evaluationCost(parse("1 + 2")), { steps: 3, depth: 2 });
 * assertEquals(evaluationCost(parse("[ A = A ].A")).steps, Infinity);
 * ```
 */
export function evaluationCost(expr: Expr, my?: Scope): EvaluationCost {
  try {
    const { steps, depth } = new Estimate(expr, my).of(expr);
    return { steps, depth };
  } catch (error) {
    // The references are nested too deep to be followed here.
    if (error instanceof RangeError) return { steps: 1, depth: Infinity };
    throw error;
  }
}

/**
 * Says why HTCondor should not be asked to evaluate an expression, in a few
 * words, or returns undefined if it can be asked.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parse, whyTooCostly } from "./mod.ts";
 *
 * assertEquals(whyTooCostly(parse("JobStatus == 1")), undefined);
 * assertEquals(
 *   whyTooCostly(parse("[A0 = 0 ? e : A0].A0")),
 *   "an attribute in it refers to itself",
 * );
 * ```
 */
export function whyTooCostly(expr: Expr, my?: Scope): string | undefined {
  const { steps, depth } = evaluationCost(expr, my);
  if (depth > MAX_DEPTH) {
    return `its operators are nested more than ${MAX_DEPTH} levels deep`;
  }
  if (steps === Infinity) return "an attribute in it refers to itself";
  return steps > MAX_STEPS
    ? `HTCondor may need more than ${MAX_STEPS} steps for each ad`
    : undefined;
}

/** The cost of a part, and whether its evaluation can fail as a whole. */
interface Cost extends EvaluationCost {
  readonly fails: boolean;
}

const LEAF: Cost = { steps: 1, depth: 1, fails: false };
const ENDLESS: Cost = { steps: Infinity, depth: 1, fails: true };

/** Functions that can make the whole evaluation fail, in lower case. */
const FAILING: ReadonlySet<string> = new Set([
  "abstime",
  "random",
  "unresolved",
  "userhome",
]);

/** Functions that evaluate their first argument for each item of the second. */
const REPEATING: ReadonlySet<string> = new Set([
  "countmatches",
  "evalineachcontext",
]);

/** A node on top of parts that are each evaluated so many times. */
function combined(parts: readonly (readonly [Cost, number])[]): Cost {
  let steps = 1, depth = 0, fails = false;
  for (const [cost, times] of parts) {
    steps += cost.steps * times;
    depth = Math.max(depth, cost.depth);
    fails ||= cost.fails;
  }
  return { steps, depth: depth + 1, fails };
}

class Estimate {
  /** What the ads within the expression define, by name in lower case. */
  readonly #definitions = new Map<string, Expr[]>();
  readonly #my: Scope | undefined;
  /** The cost of each attribute; undefined while it is being found out. */
  readonly #known = new Map<string, Cost | undefined>();

  constructor(expr: Expr, my: Scope | undefined) {
    this.#my = my;
    this.#define(expr);
  }

  #define(expr: Expr): void {
    for (const node of nodesOf(expr)) {
      if (node.kind !== "ad") continue;
      for (const [key, { value }] of node.attributes) {
        const before = this.#definitions.get(key);
        if (before === undefined) this.#definitions.set(key, [value]);
        else before.push(value);
      }
    }
  }

  of(expr: Expr): Cost {
    switch (expr.kind) {
      case "literal":
        return LEAF;
      case "attribute": {
        const own = this.#attribute(expr.key);
        return expr.scope === undefined
          ? own
          : combined([[this.of(expr.scope), 1], [own, 1]]);
      }
      case "operation":
        return this.#operation(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return combined(expr.items.map((item) => [this.of(item), 1]));
      case "ad":
        // Its attributes are evaluated where someone refers to them.
        return LEAF;
    }
  }

  /** The dearest of the expressions that a name can stand for. */
  #attribute(key: string): Cost {
    if (this.#known.has(key)) return this.#known.get(key) ?? ENDLESS;
    this.#known.set(key, undefined);
    const own = this.#my?.lookup(key);
    const all = [...this.#definitions.get(key) ?? []];
    if (own !== undefined) all.push(own);
    let steps = 0, depth = 0, fails = false;
    for (const cost of all.map((expr) => this.of(expr))) {
      steps = Math.max(steps, cost.steps);
      depth = Math.max(depth, cost.depth);
      fails ||= cost.fails;
    }
    const cost = { steps: steps + 1, depth: depth + 1, fails };
    this.#known.set(key, cost);
    return cost;
  }

  #operation(expr: OperationExpr): Cost {
    const { operator, operands } = expr;
    if (operator === "?") {
      const [condition, ...branches] = operands.map((part) => this.of(part));
      // 23.9 evaluates a branch that has failed once more.
      const times = branches.some(({ fails }) => fails) ? 2 : 1;
      return combined([
        [condition, 1],
        ...branches.map((branch) => [branch, times] as const),
      ]);
    }
    // a || b || c || … leans to the left, as deep as it is long.
    const chain: OperationExpr[] = [];
    let first: Expr = expr;
    while (first.kind === "operation" && first.operator !== "?") {
      chain.push(first);
      first = first.operands[0];
    }
    let cost = this.of(first);
    for (const { operator, operands } of chain.reverse()) {
      // 23.9 evaluates the left side of ?: once more where it is false.
      cost = combined([
        [cost, operator === "?:" ? 2 : 1],
        ...operands.slice(1).map((part) => [this.of(part), 1] as const),
      ]);
    }
    return cost;
  }

  #call({ key, args }: CallExpr): Cost {
    const parts = args.map((arg) => this.of(arg));
    if (key === "eval" && args.length === 1) {
      return combined([[parts[0], 1], [this.#evaluated(args[0]), 1]]);
    }
    const [, list] = args;
    const times = REPEATING.has(key) && list?.kind === "list"
      ? list.items.length
      : 1;
    const cost = combined(
      parts.map((part, i) => [part, i === 0 ? times : 1] as const),
    );
    return FAILING.has(key) ? { ...cost, fails: true } : cost;
  }

  /** What eval() makes of a text. A text that comes from the job is unknown. */
  #evaluated(arg: Expr): Cost {
    const { my, target } = references(arg);
    for (const name of my) {
      // The text is put together from the expression's own attributes.
      if (this.#definitions.has(name)) return ENDLESS;
    }
    if (my.size > 0 || target.size > 0) return LEAF;
    const text = evaluate(arg);
    if (typeof text !== "string") return LEAF;
    let expr: Expr;
    try {
      expr = parseAsEval(text);
    } catch {
      return LEAF;
    }
    this.#define(expr);
    return this.of(expr);
  }
}

/** An expression and all the expressions within it. */
function* nodesOf(expr: Expr): Iterable<Expr> {
  const work: Expr[] = [expr];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    yield next;
    switch (next.kind) {
      case "attribute":
        if (next.scope !== undefined) work.push(next.scope);
        break;
      case "operation":
        work.push(...next.operands);
        break;
      case "call":
        work.push(...next.args);
        break;
      case "list":
        for (const item of next.items) work.push(item);
        break;
      case "ad":
        for (const { value } of next.attributes.values()) work.push(value);
        break;
    }
  }
}

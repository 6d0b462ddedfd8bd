/**
 * Estimates how much work an expression makes for HTCondor, without evaluating
 * it.
 *
 * HTCondor 23.9 evaluates some operands twice. It also stops following an
 * attribute that refers to itself only after 400 levels. A short text can
 * therefore keep a daemon busy for ever: `[A0 = 0 ? e : A0].A0` takes 2^400
 * steps. A very long chain of operators overflows the stack, and the daemon
 * crashes. (operators.cpp, Operation::_Evaluate and Operation3::shortCircuit;
 * attrrefs.cpp)
 *
 * @module
 */
import { evaluate } from "./evaluate.ts";
import type { CallExpr, Expr, OperationExpr, Scope } from "./model.ts";
import { parseAsEval } from "./parser.ts";
import { references } from "./references.ts";

/** The most work that one evaluation of an expression can make. */
export interface EvaluationCost {
  /**
   * How many nodes HTCondor evaluates. Infinity if the evaluation may never
   * end.
   */
  readonly steps: number;
  /** How many levels of evaluation are nested in each other. */
  readonly depth: number;
}

/** The limit of steps for one ad. More would keep a daemon busy too long. */
const MAX_STEPS = 1_000_000;
/**
 * The limit of levels. HTCondor 23.9.6 survives 20 000 levels and crashes with
 * 50 000.
 */
const MAX_DEPTH = 10_000;

/**
 * Returns the most work that an expression can make for HTCondor in the ad
 * `my`. The estimate is the worst case of all releases: it counts both branches
 * of each condition, and counts twice what 23.9 evaluates twice. An attribute
 * that neither the expression nor `my` defines counts as a plain value. Never
 * throws.
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
    // The references are nested too deep for this program's own stack.
    if (error instanceof RangeError) return { steps: 1, depth: Infinity };
    throw error;
  }
}

/**
 * Returns why HTCondor should not evaluate an expression, in a few words, or
 * undefined if it can evaluate it. `my` is the ad in which it would be
 * evaluated. Never throws.
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

/**
 * The cost of a part, and whether its evaluation can end the whole evaluation.
 */
interface Cost extends EvaluationCost {
  readonly fails: boolean;
}

const LEAF: Cost = { steps: 1, depth: 1, fails: false };
const ENDLESS: Cost = { steps: Infinity, depth: 1, fails: true };

/** Functions that can end the whole evaluation, in lower case. */
const FAILING: ReadonlySet<string> = new Set([
  "abstime",
  "random",
  "unresolved",
  "userhome",
]);

/**
 * Functions that evaluate their first argument once for each item of the
 * second.
 */
const REPEATING: ReadonlySet<string> = new Set([
  "countmatches",
  "evalineachcontext",
]);

/**
 * Returns the cost of a node from the costs of its parts. Each part has the
 * number of times that it is evaluated.
 */
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
  /** The attributes of the ads within the expression, by name in lower case. */
  readonly #definitions = new Map<string, Expr[]>();
  readonly #my: Scope | undefined;
  /** The cost of each attribute. It is undefined while it is being computed. */
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
        // The attributes are evaluated only where something refers to them.
        return LEAF;
    }
  }

  /** Returns the highest cost of the expressions that a name can stand for. */
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
      // If a branch fails, 23.9 evaluates it again.
      const times = branches.some(({ fails }) => fails) ? 2 : 1;
      return combined([
        [condition, 1],
        ...branches.map((branch) => [branch, times] as const),
      ]);
    }
    // A chain such as a || b || c is nested to the left, as deep as it is long.
    const chain: OperationExpr[] = [];
    let first: Expr = expr;
    while (first.kind === "operation" && first.operator !== "?") {
      chain.push(first);
      first = first.operands[0];
    }
    let cost = this.of(first);
    for (const { operator, operands } of chain.reverse()) {
      // If the left side of ?: is false, 23.9 evaluates it again.
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

  /**
   * Returns the cost of the expression that eval() reads from a text. A text
   * that comes from the job is not known.
   */
  #evaluated(arg: Expr): Cost {
    const { my, target } = references(arg);
    for (const name of my) {
      // The expression can build a text that refers to itself.
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

/** Yields an expression and all expressions within it. */
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

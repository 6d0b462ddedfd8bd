/**
 * Finds the attributes that an expression needs and its ad does not have. The
 * function unresolved() returns them. The code follows _GetExternalReferences()
 * in classad.cpp.
 *
 * @module
 */
import { compareBytesIgnoringCase } from "./bytes.ts";
import type { Evaluation } from "./evaluation.ts";
import { AdValue, type AttributeExpr, type Expr } from "./model.ts";
import { unparse } from "./unparse.ts";

/**
 * Returns the names in order. An attribute that the ad has is replaced by the
 * names that its expression needs. If a reference cannot be followed, the
 * search ends and the names found so far are returned.
 */
export function externalReferences(expr: Expr, run: Evaluation): string[] {
  const names = new Map<string, string>();
  const collector = new Collector(run, names);
  collector.collect(expr);
  return [...names.values()].sort(compareBytesIgnoringCase);
}

class Collector {
  readonly #run: Evaluation;
  readonly #names: Map<string, string>;
  #depth = 400;

  constructor(run: Evaluation, names: Map<string, string>) {
    this.#run = run;
    this.#names = names;
  }

  #add(name: string): boolean {
    const key = name.toLowerCase();
    if (!this.#names.has(key)) this.#names.set(key, name);
    return true;
  }

  /**
   * Returns false if a reference cannot be followed. The names found so far
   * stay.
   */
  collect(expr: Expr): boolean {
    switch (expr.kind) {
      case "literal":
        return true;
      case "attribute":
        return this.#attribute(expr);
      case "operation":
        return expr.operands.every((operand) => this.#deeper(operand));
      case "call":
        return expr.args.every((arg) => this.#deeper(arg));
      case "list":
        return expr.items.every((item) => this.#deeper(item));
      case "ad":
        return [...expr.attributes.values()].every(({ value }) =>
          this.#deeper(value)
        );
    }
  }

  #deeper(expr: Expr): boolean {
    if (this.#depth <= 0) return false;
    this.#depth--;
    const result = this.collect(expr);
    this.#depth++;
    return result;
  }

  #attribute(expr: AttributeExpr): boolean {
    const run = this.#run;
    let start = expr.absolute ? run.root : run.current;
    if (expr.scope !== undefined) {
      const value = run.evaluate(expr.scope);
      if (value === undefined) {
        return this.#add(
          `${unparse(expr.scope, { syntax: "new" })}.${expr.name}`,
        );
      }
      if (!(value instanceof AdValue)) return false;
      start = value;
    }
    if (start === undefined) return false;
    const found = run.find(start, expr.key);
    if (found === undefined) return this.#add(expr.name);
    const { current, lexical } = run;
    run.current = run.lexical = found.ad;
    const result = this.#deeper(found.expr);
    run.current = current;
    run.lexical = lexical;
    return result;
  }
}

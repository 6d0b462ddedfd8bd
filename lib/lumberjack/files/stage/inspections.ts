import { inspectAs, type Inspected } from "../owner/inspect.ts";
import type { ServiceCaller } from "../owner/service.ts";

/** How many answers are kept. */
const mostAnswers = 100_000;

/**
 * What the paths that jobs name turned out to be. Many jobs name the same paths,
 * so answers are kept; the oldest ones go when there are very many.
 */
export class Inspections {
  readonly #answers = new Map<string, Inspected>();

  /** Looks at paths as `owner`, whose name is `name`. */
  async of(
    owner: ServiceCaller,
    name: string,
    paths: readonly string[],
  ): Promise<readonly Inspected[]> {
    const keys = paths.map((path) => `${name}\0${path}`);
    const unknown = paths.filter((_, at) => !this.#answers.has(keys[at]));
    const answers = unknown.length === 0 ? [] : await inspectAs(owner, unknown);
    const fresh = new Map(unknown.map((path, at) => [path, answers[at]]));
    const all = paths.map((path, at) =>
      this.#answers.get(keys[at]) ?? fresh.get(path)!
    );
    for (const [path, answer] of fresh) this.#keep(`${name}\0${path}`, answer);
    return all;
  }

  #keep(key: string, answer: Inspected): void {
    this.#answers.set(key, answer);
    if (this.#answers.size <= mostAnswers) return;
    const [oldest] = this.#answers.keys();
    this.#answers.delete(oldest);
  }
}

import {
  booleanEquivalent,
  ClassAdSyntaxError,
  compile,
  type Compiled,
  evaluationCost,
  type Expr,
  isError,
  quote,
  type Scope,
  whyTooCostly,
} from "../../classad/mod.ts";
import { SelectionError } from "../error.ts";
import { type JobId, type JobIdPattern, parseJobIdPattern } from "./id.ts";
import { stringOf } from "./attribute_values.ts";

/** Constraints of at most so many levels are evaluated by every release. */
const deepestEverywhere = 390;

/** Which jobs the user selects on the command line. */
export interface SelectionRequest {
  /** A ClassAd expression. It selects jobs for whose ad it is true. */
  readonly constraint?: string;
  /** Each is `CLUSTER` or `CLUSTER.PROC`. */
  readonly ids?: readonly string[];
  /** Select only this owner's jobs. */
  readonly owner?: string;
  /** Whether the caller knows a job and does not ask for it. */
  readonly isKnown?: (job: JobId) => boolean;
  /**
   * Never send the constraint to a schedd. It is evaluated here, also for what a
   * schedd answers.
   */
  readonly isLocal?: boolean;
  /**
   * A test that a job has to pass too. It is done here, also for what a schedd
   * answers, and only for jobs that ids, owner and constraint select.
   */
  readonly passes?: (job: JobId, ad: Scope) => boolean;
}

/**
 * Decides which jobs the user means. A job is selected if the constraint, the ids
 * and the owner, as far as they are given, all select it.
 *
 * @example
 * ```ts
 * import { classad, Selection } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const selection = new Selection({ constraint: "RequestCpus > 4" });
 * const [ad] = classad.readAds("RequestCpus = 8\n");
 * assertEquals(selection.matches({ cluster: 1, proc: 0 }, ad), true);
 * ```
 */
export class Selection {
  /** The constraint as the user wrote it. */
  readonly constraint: string | undefined;
  /** The ids as the user wrote them. */
  readonly ids: readonly string[];
  /** Select only this owner's jobs. */
  readonly owner: string | undefined;
  /**
   * Whether the caller does not ask for a job. A queue may select such a job all
   * the same.
   */
  readonly isKnown: ((job: JobId) => boolean) | undefined;
  /** Whether the constraint is never sent to a schedd, but evaluated here. */
  readonly isLocal: boolean;
  readonly #passes: SelectionRequest["passes"];
  readonly #compiled: Compiled | undefined;
  readonly #patterns: readonly JobIdPattern[];
  #errors = 0;
  #endless: { readonly id: JobId; readonly why: string } | undefined;
  readonly #procs = new Map<number, Set<number> | "all">();

  /**
   * Parses a request. Throws {@linkcode SelectionError} if the constraint does not
   * parse, is a plain number, or could keep a schedd busy for ever, and if an id is
   * malformed.
   */
  constructor(request: SelectionRequest) {
    this.constraint = request.constraint;
    this.ids = request.ids ?? [];
    this.owner = request.owner;
    this.isKnown = request.isKnown;
    this.#passes = request.passes;
    this.isLocal = request.isLocal ?? request.passes !== undefined;
    if (request.constraint !== undefined) {
      this.#compiled = compileConstraint(request.constraint);
    }
    this.#patterns = this.ids.map(parseJobIdPattern);
    for (const { cluster, proc } of this.#patterns) {
      const known = this.#procs.get(cluster);
      if (proc === undefined) this.#procs.set(cluster, "all");
      else if (known === undefined) this.#procs.set(cluster, new Set([proc]));
      else if (known !== "all") known.add(proc);
    }
  }

  /** The constraint, parsed. */
  get parsed(): Expr | undefined {
    return this.#compiled?.expr;
  }

  /** Whether neither a constraint nor ids were given. */
  get isEmpty(): boolean {
    return this.#compiled === undefined && this.#patterns.length === 0;
  }

  /** For how many ads so far the constraint was an error. */
  get errors(): number {
    return this.#errors;
  }

  /**
   * Throws {@linkcode SelectionError} if the constraint could keep a schedd busy
   * for ever with one of the jobs seen so far, because an attribute of that job
   * refers to itself. Call this before the constraint goes to a schedd.
   */
  assertEnds(): void {
    if (this.#endless === undefined || this.isLocal) return;
    const { id, why } = this.#endless;
    throw new SelectionError(
      `constraint could hang the schedd at a job (${why})`,
      {
        subject: `${id.cluster}.${id.proc}`,
        remedy: "mend the job's attribute with condor_qedit, or leave the " +
          "attribute out of the constraint",
      },
    );
  }

  /**
   * Whether the constraint is nested so deep that a schedd of HTCondor 25 may take
   * it for false for every job, without an error. Tried on 25.14.1: with 399 terms
   * that `||` joins it finds the jobs, with 400 it finds none.
   */
  get isDeep(): boolean {
    return this.#compiled !== undefined &&
      evaluationCost(this.#compiled.expr).depth > deepestEverywhere;
  }

  /** The ids, parsed. */
  get patterns(): readonly JobIdPattern[] {
    return this.#patterns;
  }

  /**
   * What a schedd is asked for: owner and constraint as one expression, which may
   * be joined to others by `&&`; undefined if there is neither.
   */
  get expression(): string | undefined {
    const parts: string[] = [];
    if (this.owner !== undefined) parts.push(`Owner =?= ${quote(this.owner)}`);
    // The user's text may end in a comment, so a line break follows it.
    if (this.constraint !== undefined && !this.isLocal) {
      parts.push(`(${this.constraint}\n)`);
    }
    return parts.length > 0 ? parts.join(" && ") : undefined;
  }

  /** The names, in lower case, of the attributes that the selection reads. */
  get attributes(): readonly string[] {
    const own = [...this.#compiled?.references ?? []];
    return this.owner === undefined ? own : [...own, "owner"];
  }

  /** Returns whether the ids name this job. Without ids, every job is named. */
  namesJob(id: JobId): boolean {
    if (this.#patterns.length === 0) return true;
    const procs = this.#procs.get(id.cluster);
    return procs === "all" || procs?.has(id.proc) === true;
  }

  /** Returns whether the job is selected. `ad` is chained to its cluster ad. */
  matches(id: JobId, ad: Scope): boolean {
    return this.namesJob(id) && this.#satisfies(ad, id) &&
      (this.#passes === undefined || this.#passes(id, ad));
  }

  /**
   * The first job seen so far with which the constraint could keep a schedd busy
   * for ever, and why; undefined if there was none.
   */
  get endless(): { readonly id: JobId; readonly why: string } | undefined {
    return this.#endless;
  }

  /** Returns whether owner and constraint select the ad; ids do not count. */
  matchesAd(ad: Scope): boolean {
    return this.#satisfies(ad);
  }

  #satisfies(ad: Scope, id?: JobId): boolean {
    if (this.owner !== undefined && stringOf(ad, "Owner") !== this.owner) {
      return false;
    }
    if (this.#compiled === undefined) return true;
    const value = this.#compiled.evaluate(ad);
    if (isError(value)) {
      this.#errors++;
      if (id !== undefined) this.#noteIfEndless(id, ad);
    }
    return booleanEquivalent(value) === true;
  }

  /** A circle of references is an error for us. HTCondor 23.9 never ends there. */
  #noteIfEndless(id: JobId, ad: Scope): void {
    if (this.#endless !== undefined) return;
    const why = whyTooCostly(this.#compiled!.expr, ad);
    if (why !== undefined) this.#endless = { id, why };
  }
}

function compileConstraint(text: string): Compiled {
  let compiled: Compiled;
  try {
    compiled = compile(text);
  } catch (error) {
    if (!(error instanceof ClassAdSyntaxError)) throw error;
    throw new SelectionError(`constraint does not parse (${error.message})`, {
      cause: error,
      subject: text,
      remedy: "quote it for the shell: --constraint 'Owner == \"alice\"'",
    });
  }
  const why = whyTooCostly(compiled.expr);
  if (why !== undefined) {
    throw new SelectionError(`constraint could hang a schedd (${why})`, {
      subject: shortened(text),
      remedy: "write it in a simpler way, or name the jobs with --ids",
    });
  }
  if (compiled.references.size === 0) rejectNumber(compiled, text);
  return compiled;
}

/** Returns the beginning of a text that is too long for a message. */
function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/**
 * HTCondor counts every number except 0 as true. A number alone is an id that was
 * given to the wrong flag.
 */
function rejectNumber(compiled: Compiled, text: string): void {
  const value = compiled.evaluate({ lookup: () => undefined });
  if (typeof value === "bigint" || typeof value === "number") {
    throw new SelectionError("constraint is a number", {
      subject: text,
      remedy: `name jobs with --ids ${text.trim()}`,
    });
  }
}

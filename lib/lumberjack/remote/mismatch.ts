/**
 * Which jobs no slot of this machine can take, and why.
 *
 * @module
 */
import { join } from "@std/path";
import {
  booleanEquivalent,
  type ClassAd,
  evaluate,
  type Expr,
  matches,
  readAds,
  type Scope,
  unparse,
} from "../../classad/mod.ts";
import { type QueueAd, QueueTable } from "../../queue_log/mod.ts";
import { queueLogName } from "../export_dir/manifest.ts";

/** Jobs that match no slot, for the same reason. */
export interface Mismatch {
  /** How many jobs. */
  readonly jobs: number;
  /** The part of Requirements that is not true, or `START` of the machine. */
  readonly clause: string;
  /** The id of the first of these jobs. */
  readonly first: string;
}

/** Returns the operands of `&&`, however they are grouped. */
export function clausesOf(expr: Expr): Expr[] {
  const isJoined = expr.kind === "operation" && expr.operator === "&&";
  if (isJoined) return expr.operands.flatMap(clausesOf);
  const isGroup = expr.kind === "operation" && expr.operator === "()";
  return isGroup ? clausesOf(expr.operands[0]) : [expr];
}

/**
 * Returns the clause that keeps a job from matching a slot, or undefined if the
 * two match.
 */
export function failingClause(job: Scope, slot: Scope): string | undefined {
  const requirements = job.lookup("Requirements");
  for (const clause of requirements ? clausesOf(requirements) : []) {
    if (booleanEquivalent(evaluate(clause, job, slot)) !== true) {
      return unparse(clause);
    }
  }
  if (!matches(slot, job)) {
    return "START of the machine (the job runs too long)";
  }
  return undefined;
}

/** Sorts the idle jobs of a spool that match none of the slots by the reason. */
export function findMismatches(
  spool: string,
  slots: readonly Scope[],
): Mismatch[] {
  const found = new Map<string, { jobs: number; first: string }>();
  const known = new Map<string, string | undefined>();
  using table = QueueTable.open(join(spool, queueLogName), { tolerant: true });
  for (const job of table.procs()) {
    if (job.text("JobStatus") !== "1") continue;
    const key = requestsOf(job);
    if (!known.has(key)) known.set(key, clauseFor(job, slots));
    const clause = known.get(key);
    if (clause === undefined) continue;
    const entry = found.get(clause) ?? { jobs: 0, first: job.key };
    found.set(clause, { ...entry, jobs: entry.jobs + 1 });
  }
  return [...found].map(([clause, entry]) => ({ clause, ...entry }));
}

/** What jobs of one cluster may ask for differently. */
function requestsOf(job: QueueAd): string {
  const own: string[] = [String(job.cluster)];
  job.visit((name, bytes, start, end) => {
    if (!/^request|^maxwalltime|^allowedjobduration/i.test(name)) return;
    own.push(name, new TextDecoder().decode(bytes.subarray(start, end)));
  });
  return own.join("\n");
}

function clauseFor(job: Scope, slots: readonly Scope[]): string | undefined {
  let clause: string | undefined;
  for (const slot of slots) {
    clause = failingClause(job, slot);
    if (clause === undefined) return undefined;
  }
  return clause;
}

/**
 * Waits until the slots of a pool are known, and returns the jobs that match
 * none of them. Returns none if `signal` is aborted first.
 */
export async function awaitMismatches(
  pool: { readonly spool: string; readonly config: string },
  signal: AbortSignal,
): Promise<Mismatch[]> {
  while (!signal.aborted) {
    const slots = await slotsOf(pool.config);
    if (slots.length > 0) return findMismatches(pool.spool, slots);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return [];
}

async function slotsOf(config: string): Promise<ClassAd[]> {
  const { success, stdout } = await new Deno.Command("condor_status", {
    args: ["-long", "-constraint", 'SlotType =!= "Dynamic"'],
    env: { CONDOR_CONFIG: config },
    stdin: "null",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return success && text.trim() !== "" ? readAds(text, "long") : [];
}

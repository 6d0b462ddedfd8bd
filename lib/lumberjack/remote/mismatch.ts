/**
 * Which jobs no slot of this machine can take, and why.
 *
 * @module
 */
import { join } from "@std/path";
import {
  booleanEquivalent,
  ClassAd,
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
  /**
   * The part of Requirements that is not true. Or, in words: the job runs too
   * long, or a whole slot has too little for it.
   */
  readonly clause: string;
  /** The id of the first of these jobs. */
  readonly first: string;
}

/** The clause of a job that says how long it runs, and cannot end in time. */
export const tooLate = "START of the machine (the job runs too long)";

/** The clause of a job for which a whole slot has too little. */
export const tooLarge = "the slot has fewer cores, memory, disk or GPUs than " +
  "the job requests";

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
  if (matches(slot, job)) return undefined;
  const start = slot.lookup("Start");
  const starts = start !== undefined &&
    booleanEquivalent(evaluate(start, slot, job)) === true;
  return starts ? tooLarge : tooLate;
}

/**
 * Sorts the idle jobs of a spool that match none of the slots by the reason.
 * `timeAttribute` names one more attribute that says how long a job runs.
 */
export function findMismatches(
  spool: string,
  slots: readonly Scope[],
  timeAttribute?: string,
): Mismatch[] {
  const found = new Map<string, { jobs: number; first: string }>();
  const known = new Map<string, string | undefined>();
  using table = QueueTable.open(join(spool, queueLogName), { tolerant: true });
  for (const job of table.procs()) {
    if (job.text("JobStatus") !== "1") continue;
    const key = requestsOf(job, timeAttribute?.toLowerCase());
    if (!known.has(key)) known.set(key, clauseFor(job, slots));
    const clause = known.get(key);
    if (clause === undefined) continue;
    const entry = found.get(clause) ?? { jobs: 0, first: job.key };
    found.set(clause, { ...entry, jobs: entry.jobs + 1 });
  }
  return [...found].map(([clause, entry]) => ({ clause, ...entry }));
}

/** What jobs of one cluster may ask for differently. */
function requestsOf(job: QueueAd, timeAttribute?: string): string {
  const own: string[] = [String(job.cluster)];
  job.visit((name, bytes, start, end) => {
    const counts = /^require|^request|^maxwalltime|^allowedjobduration/i
      .test(name) || name.toLowerCase() === timeAttribute;
    if (!counts) return;
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

/** When jobs have to have ended, as `START` of the slots has it. */
export interface StartTimes {
  /** After this no job is started. */
  readonly lastStart: number;
  /** When the allocation ends. */
  readonly end: number;
}

/** The resources of a slot, which shrink while jobs run. */
const resources = ["Cpus", "Memory", "Disk", "GPUs"];

/**
 * Returns the ad that a slot has when no job runs in it. If other jobs run now, a
 * job may still match it later. `times` are by the clock of this machine. The
 * slots of another machine have them by that machine's clock, which may differ.
 */
export function whenEmpty(
  slot: ClassAd,
  times: StartTimes | undefined,
): ClassAd {
  const empty = new ClassAd([], slot);
  for (const name of resources) {
    const total = slot.lookup(`TotalSlot${name}`);
    if (total !== undefined) empty.set(name, total);
  }
  if (times !== undefined) {
    empty.set("LastStart", BigInt(Math.floor(times.lastStart)));
    empty.set("JobsEnd", BigInt(Math.floor(times.end)));
  }
  return empty;
}

/** Asks the collector of a pool for its slots. Returns none if it does not answer. */
export async function slotsOf(config: string): Promise<ClassAd[]> {
  const { success, stdout } = await new Deno.Command("condor_status", {
    args: ["-long", "-constraint", 'SlotType =!= "Dynamic"'],
    env: { CONDOR_CONFIG: config },
    stdin: "null",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return success && text.trim() !== "" ? readAds(text, "long") : [];
}

/**
 * Jobs that a site's constraint selects and that an export left here: their files
 * cannot be read, say.
 *
 * @module
 */
import { formatJobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { HistoryEvent } from "./journal/history.ts";
import type { ReadyJob } from "./site_jobs.ts";
import type { SiteMemory } from "./site_memory.ts";

/** Of at most so many jobs is remembered why they stay. */
const mostStayed = 1000;

/**
 * Puts jobs that stayed in the last pass after the other ones, so that jobs whose
 * files cannot be read do not take the room of jobs that can go.
 *
 * @param ready The jobs that may go.
 * @param stayed Why jobs stayed, by `CLUSTER.PROC`.
 */
export function lastThoseThatStayed(
  ready: readonly ReadyJob[],
  stayed: Readonly<Record<string, string>> = {},
): readonly ReadyJob[] {
  const hasStayed = (job: ReadyJob) => Object.hasOwn(stayed, formatJobId(job));
  const last = ready.filter(hasStayed);
  if (last.length === 0) return ready;
  return [...ready.filter((job) => !hasStayed(job)), ...last];
}

/**
 * Remembers which jobs stay now, and why. Returns what the history is to say;
 * undefined if nothing has changed, or if no job stays any more.
 */
export function rememberStaying(
  memory: Pick<SiteMemory, "state" | "remember">,
  staying: readonly SkippedJob[],
): Pick<HistoryEvent, "event" | "jobs" | "problem"> | undefined {
  const stayed = Object.fromEntries(
    staying.slice(0, mostStayed).map(({ id, reason }) => [id, reason]),
  );
  const before = memory.state.stayed ?? {};
  if (JSON.stringify(stayed) === JSON.stringify(before)) return undefined;
  memory.remember({ stayed });
  if (staying.length === 0) return undefined;
  const [{ id, reason }] = staying;
  const problem = `${id}: ${reason}`;
  return { event: "stayed", jobs: staying.length, problem };
}

/**
 * Which events a job that comes home brings with it.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import { isTerminal, type UserLogEvent } from "../../../user_log/mod.ts";
import { booleanOf, integerOf, stringOf } from "../../job/attribute_values.ts";
import { JobStatus } from "../../job/eligibility.ts";
import { statusOnRelease } from "../../job/held.ts";
import {
  abortedEvent,
  type EndedJob,
  EVICTED,
  evictedEvent,
  HELD,
  heldEvent,
  TERMINATED,
  terminatedEvent,
} from "./ending.ts";

/** The event 046: the outputs are newer than the inputs, so nothing ran. */
const SKIPPED = 46;

/**
 * Returns the events of a job that comes home, in order: what happened there, and
 * an end that says what the job's ad says. `remote` has at most one terminal
 * event, as its last.
 *
 * - A completed job ends with a terminated event (005). If the remote log lacks
 *   it, or tells another exit code or signal, the event is made from the ad.
 * - A removed job ends with an aborted event (009).
 * - A held job ends with a held event (012).
 * - An unfinished job has no terminal event. A run that did not end there is
 *   evicted (004).
 */
export function homeEvents(
  job: EndedJob,
  remote: readonly UserLogEvent[],
): UserLogEvent[] {
  const last = remote.at(-1);
  const before = remote.filter(({ number }) => !isTerminal(number));
  switch (finalStatus(job.ad)) {
    case JobStatus.completed:
      return last && endsAs(job.ad, last)
        ? [...remote]
        : [...before, terminatedEvent(job)];
    case JobStatus.removed:
      return last?.number === 9 ? [...remote] : [...before, abortedEvent(job)];
    case JobStatus.held:
      // A held event that is followed by another run does not stand any more.
      return before.at(-1)?.number === HELD ||
          integerOf(job.ad, "HoldReasonCode") === undefined
        ? before
        : [...before, heldEvent(job)];
    default:
      return isRunning(before) ? [...before, evictedEvent(job)] : before;
  }
}

/** The status that decides: of a job that was held here, the one after the hold. */
function finalStatus(ad: Scope): number | undefined {
  const status = integerOf(ad, "JobStatus");
  if (status !== JobStatus.held) return status;
  const later = integerOf(ad, statusOnRelease);
  return later === JobStatus.completed || later === JobStatus.removed
    ? later
    : status;
}

/** Whether a terminal event says the same as the ad of a completed job. */
function endsAs(ad: Scope, event: UserLogEvent): boolean {
  const signal = integerOf(ad, "ExitSignal");
  const bySignal = booleanOf(ad, "ExitBySignal");
  const code = integerOf(ad, "ExitCode");
  if (event.number === SKIPPED) return !bySignal && (code ?? 0) === 0;
  if (event.number !== TERMINATED) return false;
  const said = event.ad;
  if (bySignal === undefined && code === undefined) return true;
  return bySignal
    ? booleanOf(said, "TerminatedNormally") === false &&
      integerOf(said, "TerminatedBySignal") === signal
    : booleanOf(said, "TerminatedNormally") === true &&
      integerOf(said, "ReturnValue") === code;
}

/** Whether the last run in the log has not ended. */
function isRunning(events: readonly UserLogEvent[]): boolean {
  const starts = [1, 14];
  const ends = [EVICTED, 7, HELD, 24];
  const last = events.findLast(({ number }) =>
    starts.includes(number) || ends.includes(number)
  );
  return last !== undefined && starts.includes(last.number);
}

/**
 * Returns whether the Job Router made this job. It writes the events of the source
 * job itself, and gives its copies no log.
 */
export function isRouted(ad: Scope): boolean {
  return stringOf(ad, "RoutedFromJobId") !== undefined ||
    stringOf(ad, "RoutedBy") !== undefined;
}

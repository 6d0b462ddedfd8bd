/**
 * Events that are made from a job's ad, because the remote log does not have them.
 *
 * @module
 */
import { ClassAd, type Scope } from "../../../classad/mod.ts";
import { UserLogEvent } from "../../../user_log/mod.ts";
import {
  booleanOf,
  integerOf,
  stringOf,
  valueOf,
} from "../../job/attribute_values.ts";
import type { JobId } from "../../job/id.ts";

/** HTCondor's numbers of the events that can be made. */
export const EVICTED = 4, TERMINATED = 5, ABORTED = 9, HELD = 12;

/** A job whose events are made. */
export interface EndedJob {
  readonly id: JobId;
  /** The job's ad with the results merged into it. */
  readonly ad: Scope;
  /** The present, in seconds since 1970: for an ad that does not say when. */
  readonly now: number;
}

/** Makes the event 005 of a job that is completed. */
export function terminatedEvent(job: EndedJob): UserLogEvent {
  const { ad } = job;
  const bySignal = booleanOf(ad, "ExitBySignal") ?? false;
  const run = usage(ad, "RemoteUserCpu", "RemoteSysCpu");
  const total = usage(ad, "CumulativeRemoteUserCpu", "CumulativeRemoteSysCpu");
  const nothing = usage(ad, "", "");
  const event = new ClassAd([
    ["TerminatedNormally", !bySignal],
    ["RunRemoteUsage", run],
    ["RunLocalUsage", nothing],
    ["TotalRemoteUsage", total === nothing ? run : total],
    ["TotalLocalUsage", nothing],
  ]);
  for (
    const [name, from] of [
      ["SentBytes", "BytesSent"],
      ["ReceivedBytes", "BytesRecvd"],
    ]
  ) {
    event.set(name, numberOf(ad, from));
    event.set(`Total${name}`, numberOf(ad, from));
  }
  const [name, from] = bySignal
    ? ["TerminatedBySignal", "ExitSignal"]
    : ["ReturnValue", "ExitCode"];
  event.set(name, BigInt(integerOf(ad, from) ?? 0));
  return make(job, TERMINATED, event, integerOf(ad, "CompletionDate"));
}

/** Makes the event 009 of a job that was removed. */
export function abortedEvent(job: EndedJob): UserLogEvent {
  const reason = reasonOf(job.ad, "RemoveReason");
  return make(
    job,
    ABORTED,
    new ClassAd(reason ? [["Reason", reason]] : []),
    entered(job),
  );
}

/** Makes the event 012 of a job that is held. */
export function heldEvent(job: EndedJob): UserLogEvent {
  const { ad } = job;
  const event = new ClassAd([
    ["HoldReason", reasonOf(ad, "HoldReason") ?? "Reason unspecified"],
    ["HoldReasonCode", BigInt(integerOf(ad, "HoldReasonCode") ?? 0)],
    ["HoldReasonSubCode", BigInt(integerOf(ad, "HoldReasonSubCode") ?? 0)],
  ]);
  return make(job, HELD, event, entered(job));
}

/** Makes the event 004 of a job that comes home unfinished. */
export function evictedEvent(job: EndedJob): UserLogEvent {
  const nothing = usage(job.ad, "", "");
  const event = new ClassAd([
    ["Checkpointed", false],
    ["TerminatedAndRequeued", false],
    ["RunRemoteUsage", usage(job.ad, "RemoteUserCpu", "RemoteSysCpu")],
    ["RunLocalUsage", nothing],
    ["SentBytes", 0],
    ["ReceivedBytes", 0],
    ["Reason", "The job came home before it had ended"],
  ]);
  return make(job, EVICTED, event, undefined);
}

/** Returns a reason from an ad, always as a single line. */
function reasonOf(ad: Scope, name: string): string | undefined {
  // deno-lint-ignore no-control-regex
  return stringOf(ad, name)?.replace(/[\0-\x1f]+/g, " ").slice(0, 4096);
}

function entered({ ad }: EndedJob): number | undefined {
  return integerOf(ad, "EnteredCurrentStatus");
}

function make(
  { id, now }: EndedJob,
  number: number,
  ad: ClassAd,
  when: number | undefined,
): UserLogEvent {
  // A remote clock may be ahead, and an ad may hold anything.
  const seconds = when !== undefined && when > 0 && when <= now ? when : now;
  const time = { seconds, microseconds: 0, utc: false, hasYear: true };
  return UserLogEvent.make({ ...id, subproc: 0, number, time }, ad);
}

function numberOf(ad: Scope, name: string): number {
  const value = valueOf(ad, name);
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number < 1e18
    ? number
    : 0;
}

/** `Usr D HH:MM:SS, Sys D HH:MM:SS` of two numbers of seconds. */
function usage(ad: Scope, user: string, system: string): string {
  const text = (name: string) => {
    const seconds = Math.floor(numberOf(ad, name));
    const part = (size: number, count: number) =>
      String(Math.floor(seconds / size) % count).padStart(2, "0");
    return `${Math.floor(seconds / 86_400)} ` +
      [part(3600, 24), part(60, 60), part(1, 60)].join(":");
  };
  return `Usr ${text(user)}, Sys ${text(system)}`;
}

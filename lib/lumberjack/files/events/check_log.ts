/**
 * Compares the ends of jobs in a user log with the queue and the history.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import { findUser } from "../../../condor/user_database.ts";
import {
  JobSummaries,
  type LogFormat,
  UserLogError,
  UserLogReader,
} from "../../../user_log/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { hasEnded, statusName } from "../../job/eligibility.ts";
import { compareJobIds, formatJobId, type JobId } from "../../job/id.ts";
import { lockOf } from "../../job/lock.ts";
import type { JobQueue } from "../../queue/job_queue.ts";
import { OwnerProcess } from "../owner/owner_process.ts";
import { appendEnds } from "./append_ends.ts";
import type { UserLogConfig } from "./home_logs.ts";

/** A job whose log and whose queue do not say the same. */
export interface LogDifference {
  /** `CLUSTER.PROC`. */
  readonly id: string;
  /** What the queue or the history says, in words. */
  readonly status: string;
  /** Where it says so. */
  readonly where: "queue" | "history";
}

/** What a check of a user log found. */
export interface UserLogReport {
  /** The log. */
  readonly log: string;
  /** Its format; null if it is empty. */
  readonly format: LogFormat | null;
  /** How many jobs it names. */
  readonly jobs: number;
  /** How many of them have their end there. */
  readonly ended: number;
  /** How many of them have no end there and have not ended. */
  readonly unfinished: number;
  /** Jobs that ended, and whose end is missing. */
  readonly missing: readonly LogDifference[];
  /** Ended jobs that an import still has to finish: it writes their ends. */
  readonly away: readonly string[];
  /** Jobs whose end is in the log, and that have not ended. */
  readonly contradicting: readonly LogDifference[];
  /** Jobs without an end that are neither in the queue nor in the history. */
  readonly unknown: readonly string[];
  /** How many ends were appended now. They are in `missing`, too. */
  readonly appended: number;
}

/** What to check. */
export interface CheckRequest {
  /** The log. */
  readonly log: string;
  /** The queue that its jobs are in. */
  readonly queue: JobQueue;
  /** Returns the ads of jobs in the history; undefined if nobody can be asked. */
  readonly history?: (
    jobs: readonly string[],
  ) => Promise<ReadonlyMap<string, Scope>>;
  /** Appends the ends that are missing, made from the jobs' ads. */
  readonly append?: boolean;
  /** How HTCondor writes user logs here. */
  readonly config?: UserLogConfig;
}

/**
 * Checks the terminal events of a user log. Throws {@linkcode UserLogError} if the
 * log cannot be read.
 */
export async function checkUserLog(
  { log, queue, history, append, config }: CheckRequest,
): Promise<UserLogReport> {
  const { summaries, format } = readSummaries(log);
  const jobs = summaries.all();
  const find = await queue.find(jobs);
  const missing: LogDifference[] = [], contradicting: LogDifference[] = [];
  const away: string[] = [];
  const ends: { readonly id: JobId; readonly ad: Scope }[] = [];
  const gone: JobId[] = [];
  let unfinished = 0;
  for (const job of jobs) {
    const id = formatJobId(job);
    const ad = find(job)?.ad;
    if (ad === undefined) {
      if (job.ends === 0) gone.push(job);
      continue;
    }
    const status = integerOf(ad, "JobStatus");
    const where = { id, status: statusName(status), where: "queue" } as const;
    if (job.ends > 0) {
      // A job that completed may stay in the queue for a while.
      if (!hasEnded(status)) contradicting.push(where);
    } else if (!hasEnded(status)) unfinished++;
    else if (lockOf(ad)) away.push(id);
    else {
      missing.push(where);
      ends.push({ id: job, ad });
    }
  }
  const past = gone.length > 0 && history
    ? await history(gone.map(formatJobId))
    : new Map<string, Scope>();
  const unknown: string[] = [];
  for (const job of gone.sort(compareJobIds)) {
    const id = formatJobId(job);
    const ad = past.get(id);
    if (ad === undefined) {
      unknown.push(id);
      continue;
    }
    const status = statusName(integerOf(ad, "JobStatus"));
    missing.push({ id, status, where: "history" });
    ends.push({ id: job, ad });
  }
  const appended = append ? await appendAsOwners(log, ends, config) : 0;
  return {
    ...{ log, format: format ?? null, jobs: jobs.length },
    ended: jobs.filter(({ ends }) => ends > 0).length,
    ...{ unfinished, missing, away, contradicting, unknown, appended },
  };
}

function readSummaries(path: string) {
  const summaries = new JobSummaries();
  const reader = new UserLogReader();
  try {
    // A pipe would be waited for.
    if (!Deno.statSync(path).isFile) throw new Error("it is not a plain file");
    using file = Deno.openSync(path, { read: true });
    const block = new Uint8Array(1 << 20);
    for (let count; (count = file.readSync(block)) !== null;) {
      for (const event of reader.push(block.subarray(0, count))) {
        summaries.add(event);
      }
    }
  } catch (cause) {
    throw new UserLogError("cannot read a user log", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name the file that the submit description names with log",
    });
  }
  return { summaries, format: reader.format };
}

async function appendAsOwners(
  log: string,
  ends: readonly { readonly id: JobId; readonly ad: Scope }[],
  config: UserLogConfig | undefined,
): Promise<number> {
  let appended = 0;
  const byOwner = Map.groupBy(ends, ({ ad }) => stringOf(ad, "Owner") ?? "");
  for (const [name, jobs] of byOwner) {
    const ids = findUser(name);
    if (ids === undefined) {
      throw new UserLogError("nobody can write a user log as its owner", {
        subject: `${log}, for ${name || "a job without an owner"}`,
        remedy: "run this on a machine that knows the user",
      });
    }
    await using owner = OwnerProcess.start({ name, ...ids });
    appended += await appendEnds(jobs, { log, owner, config });
  }
  return appended;
}

/**
 * Brings the events of jobs that ran elsewhere into their logs at home, each once.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import type { Scope } from "../../../classad/mod.ts";
import {
  type EventFormat,
  type UserLogEvent,
  writeEvent,
} from "../../../user_log/mod.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { formatJobId, type JobId } from "../../job/id.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { homeEvents } from "./home_events.ts";
import {
  defaultUserLogConfig,
  type HomeLog,
  homeLogs,
  type UserLogConfig,
} from "./home_logs.ts";
import { EventJournal, type JournalEntry } from "./journal.ts";
import { endedInLog, ensureInLog, seeLog, type SeenLog } from "./owner_log.ts";
import { readRemoteEvents, zoneOfRemote } from "./remote_events.ts";

/** A job whose results were merged and that is still locked. */
export interface MergedJob {
  readonly id: JobId;
  /** The job's ad at home, cluster ad included, with the results merged into it. */
  readonly ad: Scope;
  /**
   * The bytes of the log that came back for this job. Undefined if there is none,
   * or if it is larger than `largestRemoteLog`.
   */
  readonly remoteLog: Uint8Array | undefined;
  /**
   * The job left with the path of its log at home, so the remote schedd may have
   * written there. Then events are appended only if the log does not have the end
   * of the job yet.
   */
  readonly mayBeThere?: boolean;
}

/** As whom, and under which rules, events are appended. */
export interface AppendOptions {
  /** The export that the jobs come from. */
  readonly exportId: string;
  /** Acts as the jobs' owner. */
  readonly owner: ServiceCaller;
  /**
   * The folder of the journal: the export's folder at home. It has to be the same
   * one when the command is repeated.
   */
  readonly journalFolder: string;
  /** How HTCondor writes user logs here. Its defaults if left out. */
  readonly config?: UserLogConfig;
}

/** What became of the jobs. */
export interface AppendResult {
  /**
   * The jobs whose logs could not be written, with the reason. They must stay
   * locked: a job must not leave the queue before its end is in its log.
   */
  readonly failed: ReadonlyMap<string, unknown>;
  /** Events of remote logs that were left out: a count for each reason. */
  readonly dropped: ReadonlyMap<string, number>;
  /** How many events were appended now. */
  readonly appended: number;
}

/** The most bytes of events that one entry of the journal has. */
const ENTRY_SIZE = 1 << 20;

/**
 * Returns where in the tree of an export the remote schedd writes the log of a job,
 * relative to the tree.
 */
export function remoteLogPath(exportId: string, id: JobId): string {
  return join("lumberjack", exportId, "logs", `${formatJobId(id)}.log`);
}

/** Whether HTCondor would write events of this job to a log. */
export function hasUserLog(ad: Scope): boolean {
  return homeLogs(ad).length > 0;
}

/**
 * Appends the events of jobs, as {@linkcode EventAppender.append} does for jobs
 * that come in several batches.
 */
export async function appendEvents(
  jobs: Iterable<MergedJob>,
  options: AppendOptions,
): Promise<AppendResult> {
  using appender = new EventAppender(options);
  return await appender.append(jobs);
}

/** The events of one job for one log. */
interface JobEvents {
  readonly job: string;
  /** Whether nothing is appended if the log has the end of the job. */
  readonly unlessEnded: boolean;
  readonly events: readonly Uint8Array[];
}

/** The jobs that write to one log. */
interface LogWork {
  readonly log: HomeLog;
  readonly seen: SeenLog;
  readonly format: EventFormat;
  jobs: JobEvents[];
  size: number;
}

/**
 * Appends the events of jobs to `UserLog` and `DAGManNodesLog`, in the format that
 * each log has. Use it after the results were merged and before the jobs are
 * unlocked. If it is killed and repeated, each event is in its log once.
 */
export class EventAppender implements Disposable {
  readonly #journal: EventJournal;
  readonly #options: AppendOptions;
  #failed = new Map<string, unknown>();
  #dropped = new Map<string, number>();
  #logs = new Map<string, LogWork | { readonly error: unknown }>();
  #appended = 0;

  /** Opens the journal. Throws LumberjackError if it cannot be read and written. */
  constructor(options: AppendOptions) {
    this.#journal = new EventJournal(options.journalFolder, options.exportId);
    this.#options = options;
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  /**
   * Appends the events of some jobs. A log that cannot be written does not stop
   * the other ones: its jobs are in `failed`. Throws LumberjackError if the journal
   * cannot be written. Then none of the jobs may be unlocked.
   */
  async append(jobs: Iterable<MergedJob>): Promise<AppendResult> {
    [this.#failed, this.#dropped, this.#logs] = [
      new Map(),
      new Map(),
      new Map(),
    ];
    this.#appended = 0;
    // What was begun and not finished comes first. Its events are in the journal.
    for (const entry of [...this.#journal.pending]) await this.#ensure(entry);
    for (const job of jobs) await this.#take(job);
    for (const work of [...this.#logs.values()]) {
      if ("jobs" in work) await this.#write(work);
    }
    return {
      failed: this.#failed,
      dropped: this.#dropped,
      appended: this.#appended,
    };
  }

  async #take(merged: MergedJob): Promise<void> {
    const { id, ad, remoteLog, mayBeThere = false } = merged;
    const { config = defaultUserLogConfig } = this.#options;
    const job = formatJobId(id);
    const logs = homeLogs(ad, config)
      .filter(({ path }) => !this.#journal.has(job, path));
    if (logs.length === 0) return;
    const now = Math.floor(Date.now() / 1000);
    const remote = this.#remoteEvents(id, ad, remoteLog, now);
    const events = homeEvents({ id, ad, now }, remote);
    for (const log of logs) {
      const wanted = events.filter(({ number }) => log.wants(number));
      // Nobody else can tell whether the remote schedd wrote an eviction.
      if (mayBeThere && !events.at(-1)?.isTerminal) continue;
      if (wanted.length > 0) await this.#add(log, job, wanted, mayBeThere);
    }
  }

  #remoteEvents(
    id: JobId,
    ad: Scope,
    log: Uint8Array | undefined,
    now: number,
  ): readonly UserLogEvent[] {
    if (log === undefined) return [];
    const zone = zoneOfRemote(log, id, moments(ad));
    const earliest = (integerOf(ad, "QDate") ?? 0) - 86_400;
    const checks = { id, zone, earliest, latest: now + 86_400 };
    const { events, dropped } = readRemoteEvents(log, checks);
    for (const [reason, count] of dropped) {
      this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
    }
    return events;
  }

  async #add(
    log: HomeLog,
    job: string,
    events: readonly UserLogEvent[],
    unlessEnded: boolean,
  ): Promise<void> {
    const work = await this.#workOn(log);
    if ("error" in work) {
      this.#failed.set(job, work.error);
      return;
    }
    const written = events.map((event) => writeEvent(event, work.format));
    work.jobs.push({ job, events: written, unlessEnded });
    work.size += written.reduce((sum, { length }) => sum + length, 0);
    if (work.size >= ENTRY_SIZE) await this.#write(work);
  }

  async #workOn(log: HomeLog): Promise<LogWork | { error: unknown }> {
    const known = this.#logs.get(log.path);
    if (known !== undefined) return known;
    let work: LogWork | { error: unknown };
    try {
      const seen = await seeLog(this.#options.owner, log.path);
      const format = seen.format ?? log.format;
      work = { log, seen, format, jobs: [], size: 0 };
    } catch (error) {
      work = { error };
    }
    this.#logs.set(log.path, work);
    return work;
  }

  async #write(work: LogWork): Promise<void> {
    const { log, seen, format } = work;
    const jobs = await this.#withoutEnded(log.path, work.jobs);
    [work.jobs, work.size] = [[], 0];
    if (jobs.length === 0) return;
    const all = jobs.flatMap(({ events }) => events);
    const events = Buffer.concat(all);
    const entry: JournalEntry = {
      exportId: this.#options.exportId,
      log: log.path,
      format: format.log,
      dev: seen.dev,
      ino: seen.ino,
      offset: seen.size,
      jobs: jobs.map(({ job }) => job),
      lengths: all.map(({ length }) => length),
      events,
      sha256: createHash("sha256").update(events).digest("hex"),
    };
    this.#journal.begin(entry);
    await this.#ensure(entry);
  }

  /** Leaves out jobs whose end the remote schedd has written there itself. */
  async #withoutEnded(
    path: string,
    jobs: readonly JobEvents[],
  ): Promise<readonly JobEvents[]> {
    const asked = jobs.filter(({ unlessEnded }) => unlessEnded)
      .map(({ job }) => job);
    if (asked.length === 0) return jobs;
    try {
      const ended = await endedInLog(this.#options.owner, path, asked);
      return jobs.filter(({ job, unlessEnded }) =>
        !unlessEnded || !ended.has(job)
      );
    } catch (error) {
      for (const { job } of jobs) this.#failed.set(job, error);
      return [];
    }
  }

  async #ensure(entry: JournalEntry): Promise<void> {
    const { owner, config = defaultUserLogConfig } = this.#options;
    try {
      await ensureInLog(owner, entry, config.locking);
    } catch (error) {
      for (const job of entry.jobs) this.#failed.set(job, error);
      // A part of it may be there. It has to be completed before more follows.
      this.#logs.set(entry.log, { error });
      return;
    }
    this.#journal.finish(entry);
    this.#appended += entry.lengths.length;
  }
}

/** When events happened, by the job's ad: for the zone of the remote log. */
function moments(ad: Scope): ReadonlyMap<number, number | undefined> {
  const status = integerOf(ad, "EnteredCurrentStatus");
  return new Map([
    [5, integerOf(ad, "CompletionDate") || status],
    [9, status],
    [12, status],
    [1, integerOf(ad, "JobCurrentStartExecutingDate")],
  ]);
}

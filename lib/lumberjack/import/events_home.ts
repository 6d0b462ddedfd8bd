import type { Scope } from "../../classad/mod.ts";
import {
  EventAppender,
  hasUserLog,
  type MergedJob,
} from "../files/events/append_events.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { describeFailure } from "../files/owner/failure.ts";
import type { ServiceCaller } from "../files/owner/service.ts";
import type { RemoteLogs } from "../files/return/remote_logs.ts";
import type { JobId } from "../job/id.ts";
import type { DecidedJob } from "./decide.ts";
import { mergedAd } from "./merged_ad.ts";

/** Where remote events come from, and as whom they are appended. */
export interface EventSource {
  /** The export that the jobs come from. */
  readonly exportId: string;
  /** The export's folder at home, where the journal is. */
  readonly exportDir: string;
  /** Acts as the owner of the jobs. */
  readonly owner: ServiceCaller;
  /** The remote logs that came back. */
  readonly logs: RemoteLogs;
  /** How HTCondor writes user logs here. */
  readonly config?: UserLogConfig;
  /**
   * The jobs left with the paths of their logs at home, so the remote schedd may
   * have written there itself.
   */
  readonly mayBeThere: boolean;
  /**
   * The schedd writes no event for a job that was removed while it was locked:
   * 23.9.6 does not, 25.14.1 does (both tried).
   */
  readonly removedToo: boolean;
}

/** Appends the remote events of jobs to their user logs at home. */
export class EventsHome implements Disposable {
  readonly #source: EventSource;
  #appender: EventAppender | undefined;
  readonly #dropped = new Map<string, number>();

  /** Nothing is read or written yet. */
  constructor(source: EventSource) {
    this.#source = source;
  }

  /** Whether the job has a user log at home that events belong in. */
  wants({ local, hasResults, kind }: DecidedJob): boolean {
    const hasEvents = hasResults || kind === "rest" || this.#source.removedToo;
    return hasEvents && hasUserLog(local.ad);
  }

  /**
   * Appends the events of jobs whose results are merged. They are durable on
   * return, and none is there twice. Returns why it failed, by job ID.
   */
  append(jobs: readonly DecidedJob[]): Promise<ReadonlyMap<string, string>> {
    const { exportId, logs, mayBeThere } = this.#source;
    /** One log is in memory at a time. */
    const merged = function* (): Generator<MergedJob> {
      for (const { local, change } of jobs) {
        const { cluster, proc } = local;
        const id = { cluster, proc };
        const remoteLog = logs.read(exportId, id);
        const ad = mergedAd(local.ad, change);
        yield { id, ad, remoteLog, mayBeThere };
      }
    };
    return this.#append(merged());
  }

  /**
   * Appends the ends of jobs that were removed here and did not come back, if the
   * schedd does not write them. Returns why it failed, by job ID.
   */
  async appendEndsOfRemoved(
    jobs: readonly (JobId & { readonly ad: Scope })[],
  ): Promise<ReadonlyMap<string, string>> {
    if (!this.#source.removedToo) return new Map();
    return await this.#append(
      jobs.map(({ cluster, proc, ad }) => ({
        ...{ id: { cluster, proc }, ad, remoteLog: undefined },
        mayBeThere: true,
      })),
    );
  }

  /** What the user should know about the remote logs. */
  get notes(): string[] {
    return [...this.#dropped].map(([reason, count]) =>
      `left out of user logs: ${count} ${
        count === 1 ? "event" : "events"
      } ${reason}`
    );
  }

  async #append(
    jobs: Iterable<MergedJob>,
  ): Promise<ReadonlyMap<string, string>> {
    const { exportId, exportDir, owner, config } = this.#source;
    this.#appender ??= new EventAppender({
      ...{ exportId, owner, config },
      journalFolder: exportDir,
    });
    const { failed, dropped } = await this.#appender.append(jobs);
    for (const [reason, count] of dropped) {
      this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
    }
    return new Map([...failed].map(([id, error]) => [id, sentence(error)]));
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#appender?.[Symbol.dispose]();
  }
}

function sentence(error: unknown): string {
  const { message, subject } = describeFailure(error) as {
    message: string;
    subject?: string;
  };
  const what = `its user log cannot be written: ${message}`;
  return subject === undefined ? what : `${what}: ${subject}`;
}

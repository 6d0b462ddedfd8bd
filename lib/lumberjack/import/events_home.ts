import {
  appendEvents,
  hasUserLog,
  type MergedJob,
} from "../files/events/append_events.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { describeFailure } from "../files/owner/failure.ts";
import type { ServiceCaller } from "../files/owner/service.ts";
import type { RemoteLogs } from "../files/return/remote_logs.ts";
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
}

/** Appends the remote events of jobs to their user logs at home. */
export class EventsHome {
  readonly #source: EventSource;

  /** Nothing is read or written yet. */
  constructor(source: EventSource) {
    this.#source = source;
  }

  /** Whether the job has a user log at home that events belong in. */
  wants({ local }: DecidedJob): boolean {
    return hasUserLog(local.ad);
  }

  /**
   * Appends the events of jobs whose results are merged. They are durable on
   * return, and none is there twice. Returns why it failed, by job ID.
   */
  async append(
    jobs: readonly DecidedJob[],
  ): Promise<ReadonlyMap<string, string>> {
    const { exportId, exportDir, owner, logs, config } = this.#source;
    /** One log is in memory at a time. */
    const merged = function* (): Generator<MergedJob> {
      for (const { local, change } of jobs) {
        const { cluster, proc } = local;
        const id = { cluster, proc };
        const remoteLog = logs.read(exportId, id);
        yield { id, ad: mergedAd(local.ad, change), remoteLog };
      }
    };
    const { failed } = await appendEvents(merged(), {
      ...{ exportId, owner, config },
      journalFolder: exportDir,
    });
    return new Map([...failed].map(([id, error]) => [id, sentence(error)]));
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

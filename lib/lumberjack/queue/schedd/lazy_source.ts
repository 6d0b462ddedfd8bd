import type { Scope } from "../../../classad/mod.ts";
import type { QueueManagement } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import type { Selection } from "../../job/selection.ts";
import type {
  ExportedCluster,
  LocalJob,
  QueuedJob,
} from "../../job/stored_ad.ts";
import type { CarryingJob, JobState, ScheddSource } from "./source.ts";

/**
 * Reads the queue from a source that is chosen when something is read for the
 * first time. Most passes read nothing: to prove that a log is the schedd's takes
 * a query and a transaction.
 */
export class ScheddLazySource implements ScheddSource {
  readonly #choose: () => Promise<ScheddSource>;
  #chosen: ScheddSource | undefined;

  /** `choose` is called once, before the first reading. */
  constructor(choose: () => Promise<ScheddSource>) {
    this.#choose = choose;
  }

  async readsLog(): Promise<boolean> {
    return (await this.#open()).readsLog();
  }

  async *select(
    selection: Selection,
    attributes: readonly string[],
  ): AsyncIterable<QueuedJob> {
    yield* (await this.#open()).select(selection, attributes);
  }

  async *factories(): AsyncIterable<{ cluster: number; ad: Scope }> {
    yield* (await this.#open()).factories();
  }

  async find(
    ids: Iterable<JobId>,
  ): Promise<(id: JobId) => LocalJob | undefined> {
    return await (await this.#open()).find(ids);
  }

  async carrying(exportId: string): Promise<CarryingJob[]> {
    return await (await this.#open()).carrying(exportId);
  }

  async nextClusterNum(): Promise<number | undefined> {
    return await (await this.#open()).nextClusterNum();
  }

  async *clustersOf(jobs: readonly JobId[]): AsyncIterable<ExportedCluster> {
    yield* (await this.#open()).clustersOf(jobs);
  }

  /** If nothing was read yet, all jobs may have changed. */
  changed(
    queue: QueueManagement,
    jobs: readonly JobId[],
  ): Promise<readonly JobId[]> {
    return this.#chosen?.changed(queue, jobs) ?? Promise.resolve(jobs);
  }

  stateOf(job: JobId): JobState {
    if (this.#chosen) return this.#chosen.stateOf(job);
    throw new Error("a job that may have changed has to be asked for");
  }

  committed(): void {
    this.#chosen?.committed();
  }

  isCurrent(jobs: Iterable<JobId>): boolean {
    return this.#chosen?.isCurrent(jobs) ?? false;
  }

  get reading(): object | undefined {
    return this.#chosen?.reading;
  }

  forget(): void {
    this.#chosen?.forget();
  }

  async #open(): Promise<ScheddSource> {
    return this.#chosen ??= await this.#choose();
  }
}

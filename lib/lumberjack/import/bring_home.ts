/**
 * Bringing jobs home together with their outputs and their events:
 *
 * 1. the outputs of a batch of jobs are placed, each job's all or none;
 * 2. the results of those jobs are merged. A job without user logs is unlocked in
 *    the same transaction;
 * 3. when all results are merged, the remote events are appended to user logs;
 * 4. the jobs with user logs are unlocked.
 *
 * Each step can be interrupted. A repeated import places files of jobs that are
 * not merged yet again, and goes on with step 3 for jobs that are merged and
 * still locked.
 *
 * @module
 */
import type { ServiceCaller } from "../files/owner/service.ts";
import { recordsOf, usualLimits } from "../files/return/job_records.ts";
import { makeSpoolFolder } from "../files/return/spool_folder.ts";
import { OutputSorter } from "../files/return/output_sorter.ts";
import { placeOutputsAs } from "../files/return/place_outputs.ts";
import type { OutgoingRecord } from "../files/return/record_stream.ts";
import type {
  ReturnedFiles,
  ReturnedTree,
} from "../files/return/returned_jobs.ts";
import type { UserIds } from "../../condor/user_database.ts";
import type { ReturnedLog } from "../export_dir/returned_log.ts";
import { stringOf } from "../job/attribute_values.ts";
import type { JobChange } from "../job/change.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { QueuedJob } from "../job/stored_ad.ts";
import { lockOf } from "../job/lock.ts";
import { nameFolder } from "./absent.ts";
import type { ExportAway, FindJob } from "./away.ts";
import { type DecidedJob, type Decider, namesFolder } from "./decide.ts";
import type { EventsHome } from "./events_home.ts";
import type { FilesRequest } from "./files_request.ts";
import { inTwoSteps, isRemoved } from "./homecoming.ts";
import type { Tally } from "./result.ts";
import { statusHome } from "./status_home.ts";

/** The most jobs, and bytes, that are placed before their results are merged. */
const mostJobs = 1024, mostBytes = 1024 ** 3;

/** What comes home. */
export interface Homecoming {
  /** The export that the jobs are away with. */
  readonly away: ExportAway;
  /** The returned log. */
  readonly log: ReturnedLog;
  /** Its jobs. */
  readonly ids: Iterable<JobId>;
  /** Finds a job at home. */
  readonly find: FindJob;
  /** Decides about each job. */
  readonly decider: Decider;
  /** Counts. */
  readonly tally: Tally;
  /** The outputs; undefined if they stay where they are. */
  readonly outputs: OutputsHome | undefined;
  /** The events; undefined if none are appended. */
  readonly events: EventsHome | undefined;
  /** Called with a short progress message. */
  readonly progress: (text: string) => void;
  /** Called before the last job comes home. */
  readonly record: () => void;
}

/** The outputs that come home, and who brings them. */
export interface OutputsHome {
  /** The files that came back. */
  readonly tree: ReturnedTree;
  /** The owner of the jobs. */
  readonly ownerName: string | undefined;
  /** The owner's ids, if we are root. */
  readonly ownerIds?: UserIds;
  /** Acts as the owner, or why nobody can. */
  readonly owner: ServiceCaller | string;
  /** What temporary names begin with: the same in a repeated import. */
  readonly prefix: string;
  /** What the user asked for. */
  readonly request: FilesRequest;
}

/** Brings the jobs home. */
export class HomeBringer {
  readonly #queue: JobQueue;
  readonly #coming: Homecoming;
  /** Jobs that wait for their events. */
  readonly #waiting: DecidedJob[] = [];
  /** The first job that names the export's folder: it comes last. */
  #last: DecidedJob | undefined;
  /** A job that stays away. */
  #staying: QueuedJob | undefined;

  /** Changes `queue`. */
  constructor(queue: JobQueue, coming: Homecoming) {
    this.#queue = queue;
    this.#coming = coming;
  }

  /** Brings all jobs home. `first` are changes that are made before. */
  async run(first: Iterable<JobChange>): Promise<void> {
    await this.#queue.change(first, { more: true });
    const { outputs, ids, log } = this.#coming;
    const jobs = (outputs?.tree ?? withoutFiles)(ids)[Symbol.asyncIterator]();
    const batches = new Batches(jobs, (job) => this.#decide(job, log));
    while (!batches.ended) {
      const batch = await this.#place(batches);
      await this.#queue.change(this.#merged(batch), { more: true });
    }
    // If jobs wait for their events, the last one is unlocked after them.
    const last = this.#last;
    if (last && (this.#waiting.length === 0 || this.#hasLog(last))) {
      await this.#queue.change(this.#lastMerged(last), { more: true });
      this.#last = undefined;
    }
    await this.#queue.sync();
    await this.#appendEvents();
    if (this.#last) await this.#queue.change(this.#lastMerged(this.#last));
  }

  /** The change that merges the job that comes last. */
  *#lastMerged(last: DecidedJob): Iterable<JobChange> {
    yield* this.#folderNamed();
    yield* this.#merged([last], true);
    if (!this.#hasLog(last)) this.#coming.record();
  }

  /**
   * Lets a job that stays away name the export's folder. In a running schedd only
   * one job of a cluster names it, and that one may come home now.
   */
  *#folderNamed(): Iterable<JobChange> {
    if (this.#staying) yield* nameFolder([this.#staying], this.#coming.away);
  }

  #decide(job: JobId, log: ReturnedLog): DecidedJob | undefined {
    const { find, decider } = this.#coming;
    const returned = log.table.find(job.cluster, job.proc);
    const decided = returned && decider.decide(returned, find);
    if (!decided) this.#staysAway(find(job));
    return decided;
  }

  /** Reports a job that cannot come home. */
  #refuse(decided: DecidedJob, reason: string): void {
    this.#coming.decider.refuse(decided, reason);
    this.#staysAway(decided.local);
  }

  #staysAway(job: QueuedJob | undefined): void {
    const isOfExport = job &&
      lockOf(job.ad)?.exportId === this.#coming.away.exportId;
    if (isOfExport && !isRemoved(job.ad)) this.#staying ??= job;
  }

  /** Places the outputs of the next batch; returns the jobs that may merge. */
  async #place(batches: Batches): Promise<DecidedJob[]> {
    const { outputs, tally, progress } = this.#coming;
    const batch: DecidedJob[] = [];
    const withFiles = new Map<string, DecidedJob>();
    if (outputs === undefined) {
      for await (const { decided } of batches.next()) batch.push(decided);
      return batch;
    }
    const { owner, ownerName, ownerIds, request, prefix } = outputs;
    const refuse = this.#refuse.bind(this);
    const records = async function* (): AsyncGenerator<OutgoingRecord> {
      for await (const { decided, files } of batches.next()) {
        const sorter = decided.hasResults && decided.kind !== "rest"
          ? sorterOf(decided, request)
          : undefined;
        if (sorter && typeof owner === "string") {
          // Its outputs, or its events, could not come home.
          refuse(decided, owner);
        } else if (sorter === undefined || sorter.wantsNothing) {
          batch.push(decided);
        } else if (stringOf(decided.local.ad, "Owner") !== ownerName) {
          refuse(decided, `its files are not those of ${ownerName}`);
        } else {
          if (sorter.checkpointFolder && files.entries && ownerIds) {
            makeSpoolFolder(sorter.checkpointFolder, ownerIds);
          }
          const id = formatJobId(decided.local);
          withFiles.set(id, decided);
          const bytes = request.mostBytes ?? usualLimits.bytes;
          const limits = { ...usualLimits, bytes };
          const coming = { id, sorter, entries: files.entries, limits };
          yield* recordsOf(coming, (bytes) => batches.count(bytes));
        }
      }
    };
    if (typeof owner === "string") {
      for await (const _ of records());
      return batch;
    }
    const onConflict = request.onConflict ?? "replace";
    const placed = await remembering(
      records(),
      (kept) => placeOutputsAs(owner, kept, { onConflict, prefix }),
    );
    for (const { id, problem, ...counts } of placed) {
      const decided = withFiles.get(id);
      if (decided === undefined) continue;
      if (problem !== undefined) {
        this.#refuse(decided, problem);
        continue;
      }
      tally.files += counts.files;
      tally.bytes += counts.bytes;
      tally.kept += counts.kept;
      batch.push(decided);
    }
    progress(`${tally.files} files home, ${tally.bytes} bytes`);
    return batch;
  }

  /** The changes that merge these jobs. */
  *#merged(
    jobs: readonly DecidedJob[],
    last = false,
  ): Iterable<JobChange> {
    for (const job of jobs) {
      if (!last && this.#last === undefined && namesFolder(job)) {
        this.#last = job;
        continue;
      }
      this.#coming.decider.count(job);
      if (!this.#hasLog(job)) {
        yield job.change;
        continue;
      }
      this.#waiting.push(job);
      if (job.kind !== "rest") yield inTwoSteps(job).results;
    }
  }

  #hasLog(job: DecidedJob): boolean {
    return this.#coming.events?.wants(job) === true;
  }

  /** Appends the events of all jobs that wait for them, and unlocks these. */
  async #appendEvents(): Promise<void> {
    const { events, progress, record } = this.#coming;
    if (events === undefined) return;
    for (let at = 0; at < this.#waiting.length; at += mostJobs) {
      const jobs = this.#waiting.slice(at, at + mostJobs);
      progress(`writing user logs: ${at} of ${this.#waiting.length} jobs`);
      const problems = await events.append(jobs);
      const unlocks: JobChange[] = [];
      for (const job of jobs) {
        const problem = problems.get(formatJobId(job.local));
        if (problem === undefined) unlocks.push(inTwoSteps(job).unlock);
        else this.#refuse(job, problem);
      }
      if (this.#last === undefined) unlocks.unshift(...this.#folderNamed());
      const isLast = at + jobs.length === this.#waiting.length;
      if (isLast && this.#last === undefined) record();
      await this.#queue.change(unlocks, { more: true });
    }
  }
}

/** Jobs in batches. What came back is read once, from its beginning to its end. */
class Batches {
  /** Whether there are no more jobs. */
  ended = false;
  readonly #jobs: AsyncIterator<ReturnedFiles>;
  readonly #decide: (job: JobId) => DecidedJob | undefined;
  #bytes = 0;

  constructor(
    jobs: AsyncIterator<ReturnedFiles>,
    decide: (job: JobId) => DecidedJob | undefined,
  ) {
    this.#jobs = jobs;
    this.#decide = decide;
  }

  /** Counts bytes of the batch at hand. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Returns the jobs of the next batch that change something. */
  async *next(): AsyncGenerator<
    { readonly decided: DecidedJob; readonly files: ReturnedFiles }
  > {
    this.#bytes = 0;
    for (let jobs = 0; jobs < mostJobs && this.#bytes < mostBytes;) {
      const { done, value: files } = await this.#jobs.next();
      if (done) {
        this.ended = true;
        return;
      }
      const decided = this.#decide(files.job);
      if (decided === undefined) continue;
      jobs++;
      yield { decided, files };
    }
  }
}

async function* withoutFiles(
  jobs: Iterable<JobId>,
): AsyncGenerator<ReturnedFiles> {
  for (const job of jobs) yield { job, entries: undefined };
}

function sorterOf(
  { local, returned }: DecidedJob,
  request: FilesRequest,
): OutputSorter {
  return new OutputSorter(local.ad, returned, statusHome(returned), request);
}

/**
 * Runs `work` on a stream. If the stream breaks off, that error is thrown, and
 * not what became of it on its way through the owner's process.
 */
async function remembering<T, R>(
  source: AsyncIterable<T>,
  work: (source: AsyncIterable<T>) => Promise<R>,
): Promise<R> {
  let failure: unknown;
  const kept = async function* () {
    try {
      yield* source;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    return await work(kept());
  } catch (error) {
    throw failure ?? error;
  }
}

import { describeFailure } from "../owner/failure.ts";
import { malformed } from "../owner/frame.ts";
import type { Service, ServiceCaller } from "../owner/service.ts";
import { syncFileSystem } from "../tree/folder_writer.ts";
import { JobPlacement, type OnConflict } from "./job_placement.ts";
import {
  encodeRecords,
  type OutgoingRecord,
  RecordReader,
} from "./record_stream.ts";

/** What became of the files of one job. */
export interface PlacedJob {
  /** `CLUSTER.PROC`. */
  readonly id: string;
  /** How many files are home. */
  readonly files: number;
  /** How many bytes are in them. */
  readonly bytes: number;
  /** How many files stayed away, because a file of that name is here. */
  readonly kept: number;
  /** Why none of its files came home; undefined if they did. */
  readonly problem?: string;
}

/**
 * Brings the files of jobs home, as their owner. The files of one job come home
 * all or not at all. They are durable on return.
 *
 * @param owner Acts as the owner.
 * @param records The jobs' files: for each job `job`, its files and folders,
 * then `commit` or `abandon`.
 * @param options What to do with files that are here already, and what temporary
 * names begin with.
 */
export async function placeOutputsAs(
  owner: ServiceCaller,
  records: AsyncIterable<OutgoingRecord>,
  options: { readonly onConflict: OnConflict; readonly prefix: string },
): Promise<PlacedJob[]> {
  const { onConflict, prefix } = options;
  const { result } = await owner.call(
    "placeOutputs",
    { onConflict, prefix },
    encodeRecords(records),
  );
  if (!Array.isArray(result)) throw malformed();
  return result.map(placedJob);
}

function placedJob(value: unknown): PlacedJob {
  const job = (value ?? {}) as Record<string, unknown>;
  const [files, bytes, kept] = [job.files, job.bytes, job.kept];
  if (
    typeof job.id !== "string" || !isCount(files) || !isCount(bytes) ||
    !isCount(kept)
  ) throw malformed();
  const problem = typeof job.problem === "string"
    ? { problem: job.problem }
    : {};
  return { id: job.id, files, bytes, kept, ...problem };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Does the work of {@linkcode placeOutputsAs} as the owner. */
export const placeOutputs: Service = async (params, { body, alive }) => {
  const { onConflict, prefix } = params as {
    onConflict: OnConflict;
    prefix: string;
  };
  const reader = new RecordReader(body);
  const folders = new Set<string>();
  const jobs: PlacedJob[] = [];
  for (;;) {
    const head = await reader.next();
    if (head === undefined) break;
    if (head.kind !== "job") throw malformed();
    alive();
    const { id } = head;
    const placement = new JobPlacement(`${prefix}${id}-`, onConflict);
    jobs.push(await placeJob(id, placement, reader));
    if (jobs.at(-1)!.problem === undefined) {
      for (const folder of placement.folders) folders.add(folder);
    }
  }
  await makeDurable(folders);
  return { result: jobs.map((job) => ({ ...job })) };
};

/**
 * Places the files of one job. Reads its records to their end, also after an
 * error.
 */
async function placeJob(
  id: string,
  placement: JobPlacement,
  reader: RecordReader,
): Promise<PlacedJob> {
  let problem: string | undefined;
  const attempt = async (work: () => void | Promise<void>) => {
    if (problem !== undefined) return;
    try {
      await work();
    } catch (error) {
      problem = sentence(error);
    }
  };
  for (;;) {
    let head;
    try {
      head = await reader.next();
      if (head === undefined || head.kind === "job") throw malformed();
    } catch (error) {
      placement.abandon();
      throw error;
    }
    if (head.kind === "folder") {
      const { base, tail, mode } = head;
      await attempt(() => placement.addFolder({ base, tail }, mode));
    } else if (head.kind === "file") {
      const { base, tail, mode } = head;
      const body = pieces(reader);
      await attempt(() => placement.addFile({ base, tail }, mode, body));
    } else {
      if (head.kind === "abandon") problem ??= head.problem;
      let placed = { files: 0, bytes: 0, kept: 0 };
      await attempt(() => {
        placed = placement.commit();
      });
      if (problem === undefined) return { id, ...placed };
      placement.abandon();
      return { id, files: 0, bytes: 0, kept: 0, problem };
    }
  }
}

async function* pieces(reader: RecordReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = await reader.piece();
    if (piece === undefined) return;
    yield piece;
  }
}

/** What went wrong, with what. */
function sentence(error: unknown): string {
  const { message, subject } = describeFailure(error) as {
    message: string;
    subject?: string;
  };
  return subject === undefined ? message : `${message}: ${subject}`;
}

/** One sync for each file system costs far less than one for each file. */
async function makeDurable(folders: Iterable<string>): Promise<void> {
  const devices = new Set<number>();
  for (const folder of folders) {
    const { dev } = Deno.statSync(folder);
    if (devices.has(dev)) continue;
    devices.add(dev);
    await syncFileSystem(folder);
  }
}

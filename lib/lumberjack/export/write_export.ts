import { createHash } from "node:crypto";
import { join } from "@std/path";
import { DurableFile, removeUnfinished } from "../../queue_log/mod.ts";
import type { ExportDirectory } from "../export_dir/directory.ts";
import { type ExportLogContents, writeExportLog } from "../export_dir/log.ts";
import {
  type Manifest,
  queueLogName,
  writeManifest,
} from "../export_dir/manifest.ts";
import type { JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import {
  CopyMissing,
  type FilePlacement,
  type LeavingExport,
  skippedOf,
  StagedClusters,
  type Staging,
} from "./staging.ts";

/** An export whose jobs are locked. */
export interface LockedExport {
  /** What the manifest says so far. */
  readonly manifest: Manifest;
  /** Where the export goes. */
  readonly directory: Pick<ExportDirectory, "path" | "owner">;
  /** Jobs that are known to carry `LumberjackExportPlanned`. */
  readonly planned?: readonly JobId[];
  /** Places the jobs' files; without it only ads leave. */
  readonly staging?: Staging;
}

/**
 * Writes the log of an export whose jobs are locked: places the jobs' files if
 * the export has any, then writes job_queue.log and the manifest. Returns the
 * manifest. Its `skipped` includes the jobs that were held or removed since
 * they were locked, and those whose files could not be placed; both are
 * unlocked. If no job is left, no log is written and the manifest's state is
 * `unexported`.
 */
export async function writeExport(
  queue: JobQueue,
  locked: LockedExport,
): Promise<Manifest> {
  const { manifest, directory, staging } = locked;
  const { exportId } = manifest;
  const placement = await staging?.begin(leavingExport(locked));
  using log = await writeLog(queue, locked, placement);
  const { contents, stayed, staged, file, size, sha256 } = log;
  // A job is in the log only while it is locked here. So the jobs that stay
  // are unlocked before the log gets its name, and never the other way round.
  if (staged) await unlockRefused(queue, locked, staged);
  const isEmpty = contents.jobs === 0;
  const files = placement?.files?.();
  const written: Manifest = {
    ...manifest,
    ...contents,
    ...(isEmpty ? { sha256: null } : { sha256, bytes: size }),
    state: isEmpty ? "unexported" : "written",
    skipped: [
      ...manifest.skipped,
      ...stayed,
      ...skippedOf(staged?.refused ?? []),
    ],
    ...(files ? { files } : {}),
  };
  if (isEmpty) {
    await staging?.abandon(leavingExport(locked));
  } else {
    // If Lumberjack is killed after the log has its name, `recover` takes from
    // here what it cannot learn from the log: the import needs it.
    const planned: Manifest = { ...written, sha256: null, state: "planned" };
    writeManifest(directory.path, planned, directory.owner);
    await placement?.finish({
      ...contents,
      ...{ sha256, size, read: () => file.read(), manifest: written },
    });
    file.commit({ replace: false });
    // From here on the log may be taken away: never write it a second time.
    await queue.markWritten(exportId, locked.planned);
  }
  writeManifest(directory.path, written, directory.owner);
  return written;
}

/** A log that is complete and has no name yet. */
interface UnnamedLog extends Disposable {
  readonly contents: ExportLogContents;
  /** Jobs that were held or removed since they were locked; they are unlocked. */
  readonly stayed: readonly SkippedJob[];
  readonly staged: StagedClusters | undefined;
  readonly file: DurableFile;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Writes the log while the jobs' files are placed. If a file cannot be placed after
 * the jobs that need it were written, the log is written once more.
 */
async function writeLog(
  queue: JobQueue,
  locked: LockedExport,
  placement: FilePlacement | undefined,
): Promise<UnnamedLog> {
  const earlier: SkippedJob[] = [];
  for (;;) {
    const stayed: SkippedJob[] = [];
    try {
      const log = await writeLogOnce(queue, locked, { placement, stayed });
      const ids = new Set(stayed.map(({ id }) => id));
      const before = earlier.filter(({ id }) => !ids.has(id));
      return { ...log, stayed: [...before, ...stayed] };
    } catch (error) {
      if (!(error instanceof CopyMissing)) throw error;
      earlier.push(...stayed);
      await placement?.restart?.();
    }
  }
}

/** Adds the jobs that turn out to be held or removed to `stayed`. */
async function writeLogOnce(
  queue: JobQueue,
  { manifest, directory }: LockedExport,
  { placement, stayed }: {
    readonly placement: FilePlacement | undefined;
    readonly stayed: SkippedJob[];
  },
): Promise<Omit<UnnamedLog, "stayed">> {
  const { exportId, remoteSpool } = manifest;
  const ads = await queue.readLocked(exportId, directory.path);
  const staged = placement && new StagedClusters(placement);
  const path = join(directory.path, queueLogName);
  removeUnfinished(path);
  const options = { mode: 0o600, owner: directory.owner };
  using files = new DisposableStack();
  const file = files.use(new DurableFile(path, options));
  const hash = createHash("sha256");
  let size = 0;
  const sink = {
    writeSync(bytes: Uint8Array): number {
      hash.update(bytes);
      size += bytes.length;
      return file.writeSync(bytes);
    },
  };
  try {
    const contents = await writeExportLog(sink, {
      nextClusterNum: ads.nextClusterNum,
      clusters: staged ? staged.of(ads.clusters) : ads.clusters,
    }, {
      exportId,
      remoteSpool,
      plannedClusters: manifest.clusters,
      now: Math.floor(Date.now() / 1000),
    });
    await placement?.settle?.();
    const sha256 = hash.digest("hex");
    const kept = files.move();
    const dispose = () => kept.dispose();
    return { contents, staged, file, size, sha256, [Symbol.dispose]: dispose };
  } finally {
    stayed.push(...ads.stayed);
  }
}

/** The export as its staging sees it. */
export function leavingExport(
  { manifest, directory }: Pick<LockedExport, "manifest" | "directory">,
): LeavingExport {
  return { manifest, exportDir: directory.path, owner: directory.owner };
}

async function unlockRefused(
  queue: JobQueue,
  { manifest: { exportId }, directory }: LockedExport,
  { refused, leaving }: StagedClusters,
): Promise<void> {
  if (refused.length === 0) return;
  await queue.unlock({
    exportId,
    exportDir: directory.path,
    jobs: refused,
    leaving,
  });
}

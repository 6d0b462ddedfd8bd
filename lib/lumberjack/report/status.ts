import { stringOf } from "../job/attribute_values.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { lockedJobs } from "../queue/locked_jobs.ts";
import { lockOf } from "../job/lock.ts";
import {
  type ExportState,
  type Manifest,
  readManifest,
} from "../export_dir/manifest.ts";

/** One export that has jobs away. */
export interface ExportStatus {
  /** Null: locked by the prototype or by the schedd's own export. */
  readonly exportId: string | null;
  /** The owner of the jobs. */
  readonly owner: string;
  /** `locked` when there is no manifest to say more. */
  readonly state: ExportState | "locked";
  /** How many of its jobs are locked. */
  readonly jobs: number;
  /** The folder of the export; null when the lock does not say. */
  readonly out: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string | null;
}

/** What is away. */
export interface StatusReport {
  /** One for each export and owner. */
  readonly exports: readonly ExportStatus[];
  /** How many jobs Lumberjack holds in all. */
  readonly locked: number;
}

/**
 * Counts the jobs that Lumberjack holds, by export.
 *
 * @example
 * ```ts
 * import { FileJobQueue, status } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = FileJobQueue.open(
 *   "tests/data/htcondor-23.9.6/round-trip/local.log",
 * );
 * assertEquals(await status(queue), { exports: [], locked: 0 });
 * await queue.close();
 * ```
 */
export async function status(
  queue: JobQueue,
  request: { readonly exportId?: string } = {},
): Promise<StatusReport> {
  const groups = new Map<
    string,
    { exportId?: string; out?: string; owner: string; jobs: number }
  >();
  let locked = 0;
  for await (const { ad } of lockedJobs(queue)) {
    locked++;
    const lock = lockOf(ad);
    if (!lock) continue;
    const owner = stringOf(ad, "Owner") ?? "";
    const key = `${lock.exportId ?? ""}\0${owner}`;
    const group = groups.get(key) ??
      { exportId: lock.exportId, out: lock.exportDir, owner, jobs: 0 };
    group.jobs++;
    // On a running schedd only some of an export's jobs name its folder.
    group.out ??= lock.exportDir;
    groups.set(key, group);
  }
  const exports = [...groups.values()]
    .filter(({ exportId }) =>
      request.exportId === undefined || exportId === request.exportId
    )
    .map((group): ExportStatus => {
      const manifest = manifestOf(group.out, group.exportId);
      return {
        exportId: group.exportId ?? null,
        owner: group.owner,
        state: manifest?.state ?? "locked",
        jobs: group.jobs,
        out: group.out ?? null,
        createdAt: manifest?.createdAt ?? null,
      };
    })
    .sort((a, b) => (a.exportId ?? "") < (b.exportId ?? "") ? -1 : 1);
  return { exports, locked };
}

/** The queue is what counts; a manifest that cannot be read costs only details. */
function manifestOf(
  directory: string | undefined,
  exportId: string | undefined,
): Manifest | undefined {
  if (directory === undefined) return undefined;
  try {
    const manifest = readManifest(directory);
    return manifest?.exportId === exportId ? manifest : undefined;
  } catch {
    return undefined;
  }
}

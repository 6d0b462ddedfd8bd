/**
 * Hands the script of an export to the batch system, and follows the allocation.
 *
 * @module
 */
import { join } from "@std/path";
import { writeTextDurably } from "../../../queue_log/mod.ts";
import { FolderLock } from "../../export_dir/folder_lock.ts";
import { pause } from "../../pause.ts";
import { RemoteError } from "../error.ts";
import type { Allocation, BatchSystem } from "./batch_system.ts";
import type { Prepared } from "./prepare.ts";

/** What became of a submission. */
export interface Submission {
  /** The id of the new allocation; undefined if none was submitted. */
  readonly id: string | undefined;
  /** Why none was submitted. */
  readonly reason: string | undefined;
  /** The script; undefined if none was submitted. */
  readonly script: string | undefined;
  /** All allocations of the export, the new one included. */
  readonly allocations: readonly Allocation[];
}

/**
 * Submits one allocation, unless `limit` of them are queued already, no job is
 * left, or none would fit. If another allocation of the export waits or runs, the
 * new one waits for its end: two cannot work on one spool. Throws
 * {@linkcode RemoteError}.
 */
export async function submit(
  { system, request, script, left, proposal }: Prepared,
  limit: number,
): Promise<Submission> {
  const folder = join(request.spool, "lumberjack");
  makeFolder(folder);
  makeFolder(request.results);
  // Two submissions at the same time would both find that the limit allows one.
  using lock = FolderLock.take(folder);
  if (lock === undefined) {
    throw new RemoteError("another lumberjack submits this export", {
      subject: request.spool,
      remedy: "wait until it has ended",
    });
  }
  const allocations = await system.ask(request.name);
  const queued = allocations.filter(({ state }) => state === "queued").length;
  const reason = left === 0
    ? "every job has ended"
    : proposal.jobs === 0
    ? "no job fits such an allocation"
    : queued >= limit
    ? `${queued} queued already, and the limit is ${limit}`
    : undefined;
  if (reason !== undefined) {
    return { id: undefined, reason, script: undefined, allocations };
  }
  const path = join(folder, `${request.name}.sh`);
  writeTextDurably(path, script, { mode: 0o755 });
  const id = await system.submit(path, allocations.at(-1)?.id);
  return {
    ...{ id, reason, script: path },
    allocations: [...allocations, { id, state: "queued", detail: "submitted" }],
  };
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new RemoteError("cannot make a folder for the allocation", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name a folder that you may write to with --spool",
    });
  }
}

/**
 * Waits until the batch system has no allocation of that name. Calls `tell` with
 * each list of allocations. Ends early when `signal` is aborted.
 */
export async function follow(
  system: BatchSystem,
  name: string,
  { tell, signal, seconds = 10 }: {
    readonly tell: (allocations: readonly Allocation[]) => void;
    readonly signal?: AbortSignal;
    readonly seconds?: number;
  },
): Promise<void> {
  while (!signal?.aborted) {
    const allocations = await system.ask(name);
    tell(allocations);
    if (allocations.length === 0) return;
    await pause(seconds * 1000, signal);
  }
}

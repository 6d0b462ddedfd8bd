/**
 * Runs the jobs of an export within an allocation: adopts the export, starts
 * HTCondor on it, ends when every job has ended or the time is up, and packs the
 * results.
 *
 * @module
 */
import type { QueueTable } from "../../queue_log/mod.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { compressionOf } from "../files/tree/compression.ts";
import { stringOf } from "../job/attribute_values.ts";
import { type Adoption, adoptLocked } from "./adopt.ts";
import { allocationOf } from "./allocation.ts";
import { Cancelling } from "./cancelling.ts";
import { type Deadline, deadlineOf } from "./deadline.ts";
import { RemoteError } from "./error.ts";
import { daemonsEnded, type RunEnd, runHead, scheddEnded } from "./head.ts";
import {
  batchJob,
  hasOtherHead,
  HeadNotes,
  isAttributeName,
  isUserName,
} from "./head_note.ts";
import { addressOf, freePort, loopback } from "./interface.ts";
import { countJobs, type JobCounts } from "./job_states.ts";
import type { Mismatch } from "./mismatch.ts";
import { pack, type Packed } from "./pack.ts";
import { needsPlugins } from "./plugins.ts";
import type { QueueUser, Release } from "./pool_config.ts";
import {
  type MachineRequest,
  poolFolder,
  type PreparedPool,
  preparePool,
} from "./prepared_pool.ts";
import { prepareLog } from "./prepare_log.ts";
import { findRelease } from "./release.ts";
import { makeSigningKey, makeToken } from "./run_token.ts";
import { lockSpool, requireNoSchedd, spoolInUse } from "./spool.ts";
import { type BatchLimits, batchLimits } from "./time_left.ts";
import { JobWatch } from "./watch.ts";

export type { RunEnd } from "./head.ts";

/** What to run. */
export interface RunRequest extends MachineRequest {
  /** The export: its folder, or a bundle. */
  readonly in: string;
  /** The spool; made if it is missing. */
  readonly spool: string;
  /** The bundle for the results; undefined if somebody packs later. */
  readonly out?: string;
  /** How long the run may take, in seconds. */
  readonly walltime?: number;
  /** The last part of the time, in which no job is started; in seconds. */
  readonly margin?: number;
  /** The attribute of jobs that says how many minutes they run, if a site has one. */
  readonly jobTimeAttribute?: string;
  /**
   * The network interface by which workers on other nodes reach this one, its
   * name or its address; undefined if there are no workers.
   */
  readonly interface?: string;
  /** Ends the run early, as if the time was up. */
  readonly signal?: AbortSignal;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
  /** Called with what the user should know. */
  readonly note?: (text: string) => void;
}

/** What a run did. */
export interface RunResult {
  /** The export. */
  readonly adoption: Adoption;
  /** Why it ended. */
  readonly end: RunEnd;
  /** The jobs by state, at the end. */
  readonly counts: JobCounts;
  /** Jobs that no slot of this machine can take. */
  readonly mismatches: readonly Mismatch[];
  /** The bundle; undefined if there is none. */
  readonly packed: Packed | undefined;
}

/**
 * Runs the jobs of an export. Throws {@linkcode RemoteError} if HTCondor is
 * missing, does not start, or stops by itself, and the errors of adopting and
 * packing. After an error the jobs' state is still in the spool.
 */
export async function run(request: RunRequest): Promise<RunResult> {
  const { progress = () => {}, note = () => {} } = request;
  const batch = await batchLimits();
  const deadline = deadlineOf(
    { ...request, batchEnd: batch.end },
    Date.now() / 1000,
  );
  requireFreeOut(request.out);
  requireAttributeName(request.jobTimeAttribute);
  if (request.interface !== undefined) addressOf(request.interface);
  const release = findRelease();
  const { path: spool, lock } = lockSpool(request.spool);
  using _ = lock;
  if (await hasOtherHead(spool)) throw spoolInUse(spool);
  const adoption = await adoptLocked({ in: request.in, spool, progress });
  requireNoSchedd(spool);
  const cancelling = new Cancelling(spool, adoption.exportId, request.in);
  prepareLog(spool, cancelling.read());
  const ended = await runPool(request, {
    ...{ spool, release, deadline, batch, cancelling },
  });
  const counts = countsOf(spool);
  if (ended.end === "daemons") throw daemonsEnded(poolFolder(spool));
  if (ended.end === "schedd") throw scheddEnded(poolFolder(spool));
  const packed = request.out === undefined ||
      counts.completed + counts.removed + counts.held === 0
    ? undefined
    : await pack({ spool, out: request.out, progress });
  if (packed && packed.left > 0) {
    note(`${packed.left} links and special files of jobs were left out`);
  }
  return { adoption, ...ended, counts, packed };
}

async function runPool(
  request: RunRequest,
  head: {
    spool: string;
    release: Release;
    deadline: Deadline | undefined;
    batch: BatchLimits;
    cancelling: Cancelling;
  },
): Promise<{ end: RunEnd; mismatches: readonly Mismatch[] }> {
  const { progress = () => {}, note = () => {}, signal } = request;
  const { spool, deadline, cancelling } = head;
  const { pool, notes } = await prepareHead(request, head);
  using _pool = pool;
  using _notes = notes;
  return await runHead({
    ...{ pool, notes, deadline, cancelling, signal, progress, note },
    watch: new JobWatch(spool),
    jobTimeAttribute: request.jobTimeAttribute,
    hasWorkers: request.interface !== undefined,
  });
}

/** Fails early: a bundle is never overwritten. */
function requireFreeOut(out: string | undefined): void {
  if (out === undefined) return;
  compressionOf(out);
  try {
    Deno.lstatSync(out);
  } catch {
    return;
  }
  throw new RemoteError("the bundle exists already", {
    subject: out,
    remedy: "name another file with --out",
  });
}

function requireAttributeName(name: string | undefined): void {
  if (name === undefined || isAttributeName(name)) return;
  throw new RemoteError("not the name of an attribute", {
    subject: name,
    remedy: "write a name such as RunMinutes with --job-time-attribute",
  });
}

/** Makes the configuration, the secret and the address of the head. */
async function prepareHead(
  request: RunRequest,
  { spool, release, deadline, batch }: {
    spool: string;
    release: Release;
    deadline: Deadline | undefined;
    batch: BatchLimits;
  },
): Promise<{ pool: PreparedPool; notes: HeadNotes }> {
  const address = request.interface === undefined
    ? loopback
    : addressOf(request.interface);
  const port = freePort(address);
  const { user, plugins } = needsOf(spool);
  const margin = deadline?.margin ?? 60;
  const folder = poolFolder(spool);
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  makeSigningKey(folder);
  const pool = preparePool(request, {
    ...{ spool, pool: folder, folder, release, user, plugins, margin },
    network: {
      ...{ address, port, worker: undefined },
      collector: `${address}:${port}`,
    },
    allocation: allocationOf({
      env: Deno.env,
      root: "/",
      cores: navigator.hardwareConcurrency,
      memory: batch.memory,
    }),
    time: deadline && {
      lastStart: Math.floor(deadline.lastStart),
      end: Math.floor(deadline.stop),
      attribute: request.jobTimeAttribute,
    },
  });
  await makeToken(folder, pool.config, `${user.name}@${user.domain}`);
  const notes = new HeadNotes(spool, {
    ...{ machine: Deno.hostname(), host: address, port, user, plugins, margin },
    run: crypto.randomUUID(),
    lastStart: deadline?.lastStart ?? null,
    end: deadline?.stop ?? null,
    jobTime: request.jobTimeAttribute ?? null,
    batchJob: batchJob(),
  });
  return { pool, notes };
}

/** What the daemons have to know of the jobs. */
function needsOf(spool: string): { user: QueueUser; plugins: boolean } {
  const log = openReturnedLog(spool);
  using table = log.table;
  return { user: userOf(spool, table), plugins: needsPlugins(table) };
}

/** The jobs' `User`. Its domain has to be that of the daemons. */
function userOf(spool: string, table: QueueTable): QueueUser {
  for (const ad of table.procs()) {
    const user = stringOf(ad, "User") ?? "";
    const [name, domain] = user.split("@");
    if (isUserName(user)) return { name, domain };
  }
  throw new RemoteError("the jobs have no User that HTCondor could know", {
    subject: spool,
    remedy: "export them again from a schedd with a UID_DOMAIN",
  });
}

function countsOf(spool: string): JobCounts {
  // Every problem of the log comes to light here.
  const log = openReturnedLog(spool);
  using _ = log.table;
  return countJobs(log.table);
}

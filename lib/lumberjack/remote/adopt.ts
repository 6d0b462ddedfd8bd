/**
 * Puts an export in place in the spool of a schedd that is not running.
 *
 * The order makes it safe. A mark comes first, then the files, then the
 * manifest, and the queue log last, by a rename. Until the queue log is there,
 * no schedd knows of the jobs. If an adoption is interrupted, the next one finds
 * the mark, removes what was placed, and begins again.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { createHash } from "node:crypto";
import { findUser, type UserIds } from "../../condor/user_database.ts";
import {
  DurableFile,
  syncFolder,
  writeTextDurably,
} from "../../queue_log/mod.ts";
import {
  isExportId,
  manifestName,
  queueLogName,
  writeManifest,
} from "../export_dir/manifest.ts";
import { renewSum } from "../export_dir/sums_line.ts";
import { checkedTree } from "../files/tree/checked_tree.ts";
import type { TreeEntry } from "../files/tree/entry.ts";
import { FolderWriter } from "../files/tree/folder_writer.ts";
import { sumsName } from "../files/tree/sums.ts";
import { stringOf } from "../job/attribute_values.ts";
import { jobSpoolDirectory } from "../job/spool_path.ts";
import { RemoteError } from "./error.ts";
import { type Incoming, openIncoming } from "./incoming.ts";
import { movedPath, writeMovedLog } from "./move_paths.ts";
import {
  lockSpool,
  openSpoolLog,
  requireNoSchedd,
  spoolOwner,
} from "./spool.ts";

/** What to adopt. */
export interface AdoptRequest {
  /** The export: its folder, or a bundle. */
  readonly in: string;
  /** SPOOL of the schedd that will run the jobs. It is made if it is missing. */
  readonly spool: string;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** What was adopted. */
export interface Adoption {
  /** The export's id. */
  readonly exportId: string;
  /** The spool, absolute. */
  readonly spool: string;
  /** How many jobs it has. */
  readonly jobs: number;
  /** Whether the spool held this export already. */
  readonly already: boolean;
  /** The folder that the paths named before; undefined if they did not change. */
  readonly movedFrom: string | undefined;
}

/**
 * Verifies an export and places it in a spool. If the spool holds this export
 * already, nothing changes. Throws {@linkcode RemoteError} if the spool has
 * other jobs, if a schedd runs on it, or if the export is not good, and the
 * errors of {@linkcode openIncoming}.
 */
export async function adopt(request: AdoptRequest): Promise<Adoption> {
  const { path: spool, lock } = lockSpool(request.spool);
  using _ = lock;
  return await adoptLocked({ ...request, spool });
}

/** As {@linkcode adopt}, for a caller who has the spool locked. */
export async function adoptLocked(request: AdoptRequest): Promise<Adoption> {
  const { spool, progress = () => {} } = request;
  requireNoSchedd(spool);
  using incoming = await openIncoming(request.in, progress);
  const { exportId, jobs, remoteSpool } = incoming.manifest;
  const from = remoteSpool.replace(/\/+$/, "");
  const movedFrom = from === spool ? undefined : from;
  const adoption = { exportId, spool, jobs, movedFrom };
  if (holdsExport(spool, exportId)) {
    removeMark(spool);
    return { ...adoption, already: true };
  }
  const owners = ownersOf(incoming.manifest.owner);
  beginMark(spool, exportId, owners);
  progress("placing the files");
  await placeFiles(spool, incoming, owners);
  makeSandboxes(spool, incoming, owners);
  progress("placing the queue log");
  placeLog(spool, incoming, owners);
  removeMark(spool);
  return { ...adoption, already: false };
}

/** Who gets what, if we are root. */
interface Owners {
  /** Gets the queue log and the folders above the jobs' own. */
  readonly condor: UserIds | undefined;
  /** Gets the jobs' folders, inputs and logs. */
  readonly user: UserIds | undefined;
}

function ownersOf(owner: string): Owners {
  const condor = spoolOwner();
  if (!condor) return { condor, user: undefined };
  const user = findUser(owner);
  if (user && user.uid !== 0) return { condor, user };
  throw new RemoteError("this host has no such user to run the jobs as", {
    subject: owner,
    remedy: user
      ? "HTCondor runs no job as root"
      : `make the user (useradd ${owner}), or run this as an ordinary user`,
  });
}

/** Whether the spool has this export. Throws if it has any other job. */
function holdsExport(spool: string, exportId: string): boolean {
  const log = openSpoolLog(spool);
  if (log === undefined || log.jobs === 0) {
    log?.table.close();
    return false;
  }
  using _ = log.table;
  if (log.exportId === exportId) return true;
  throw new RemoteError("the spool has other jobs", {
    subject: `${spool} (${log.jobs} jobs${
      log.exportId ? ` of ${log.exportId}` : ""
    })`,
    remedy: "bring them home first, or name another folder with --spool",
  });
}

function markPath(spool: string): string {
  return join(spool, "lumberjack", "adopting");
}

/** Writes the mark. Removes what an interrupted adoption has placed. */
function beginMark(spool: string, exportId: string, owners: Owners): void {
  makeFolder(join(spool, "lumberjack"), owners.condor);
  const interrupted = readMark(spool);
  for (const id of new Set([interrupted, exportId])) {
    if (id === undefined || !isExportId(id)) continue;
    removeTree(join(spool, "lumberjack", id));
  }
  writeTextDurably(markPath(spool), `${exportId}\n`, {
    mode: 0o644,
    owner: owners.condor,
  });
}

function readMark(spool: string): string | undefined {
  try {
    return Deno.readTextFileSync(markPath(spool)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function removeMark(spool: string): void {
  try {
    Deno.removeSync(markPath(spool));
    syncFolder(dirname(markPath(spool)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function makeFolder(path: string, owner: UserIds | undefined): void {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    if (owner) Deno.chownSync(path, owner.uid, owner.gid);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (Deno.lstatSync(path).isDirectory) return;
    throw new RemoteError("something else stands in the place of a folder", {
      cause: error,
      subject: path,
      remedy: "remove it, or name another folder with --spool",
    });
  }
}

/** The paths of an export. A hostile one could name HTCondor's own files. */
function isPartOfExport(path: string, exportId: string): boolean {
  const [first, second, third] = path.split("/");
  if (first === "lumberjack") {
    return second === undefined || second === exportId;
  }
  return /^\d{1,4}$/.test(first) &&
    (second === undefined || /^\d{1,4}$/.test(second)) &&
    (third === undefined || /^cluster\d+\.proc\d+\.subproc0$/.test(third));
}

async function placeFiles(
  spool: string,
  incoming: Incoming,
  owners: Owners,
): Promise<void> {
  const { exportId } = incoming.manifest;
  const writer = new FolderWriter(spool, { owner: owners.user });
  const entries = incoming.entries();
  try {
    for await (
      const entry of incoming.hasSums ? checkedTree(entries) : entries
    ) {
      if (entry.path === sumsName) await placeSums(spool, entry, owners);
      else if (entry.path === queueLogName || entry.path === manifestName) {
        await drain(entry);
      } else if (isPartOfExport(entry.path, exportId)) {
        await placeEntry(spool, entry, writer, owners);
      } else throw strangeFile(entry.path);
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function strangeFile(path: string): RemoteError {
  return new RemoteError("a file is no part of an export", {
    subject: path,
    remedy: "do not use this export; have it sent again",
  });
}

/** Folders that jobs of several exports share stay with the schedd. */
async function placeEntry(
  spool: string,
  entry: TreeEntry,
  writer: FolderWriter,
  { condor }: Owners,
): Promise<void> {
  const [first, second] = entry.path.split("/");
  if (first !== "lumberjack") {
    makeFolder(join(spool, first), condor);
    if (second !== undefined) makeFolder(join(spool, first, second), condor);
  }
  if (entry.kind === "file") await writer.addFile(entry);
  else if (!isShared(entry.path)) await writer.addFolder(entry);
}

function isShared(path: string): boolean {
  return path === "lumberjack" || /^\d+(\/\d+)?$/.test(path);
}

async function drain(entry: TreeEntry): Promise<void> {
  if (entry.kind === "folder") throw strangeFile(entry.path);
  for await (const _ of entry.body);
}

async function placeSums(
  spool: string,
  entry: TreeEntry,
  { condor }: Owners,
): Promise<void> {
  if (entry.kind === "folder") throw strangeFile(entry.path);
  const path = join(spool, sumsName);
  using file = new DurableFile(path, { mode: 0o644, owner: condor });
  for await (const piece of entry.body) file.writeSync(piece);
  file.commit({ replace: true });
}

/** An export that moves ads only has no folders for its jobs. */
function makeSandboxes(
  spool: string,
  { manifest, log }: Incoming,
  { condor, user }: Owners,
): void {
  const from = manifest.remoteSpool.replace(/\/+$/, "");
  for (const job of log.table.procs()) {
    const folder = jobSpoolDirectory(spool, job);
    const iwd = stringOf(job, "Iwd");
    if (iwd === undefined) continue;
    if (movedPath(iwd, { from, to: spool }) !== folder) continue;
    makeFolder(dirname(dirname(folder)), condor);
    makeFolder(dirname(folder), condor);
    makeFolder(folder, user);
  }
}

/** Places the manifest and, as the very last thing, the queue log. */
function placeLog(
  spool: string,
  { manifest, log }: Incoming,
  { condor }: Owners,
): void {
  const from = manifest.remoteSpool.replace(/\/+$/, "");
  const path = join(spool, queueLogName);
  using file = new DurableFile(path, { mode: 0o600, owner: condor });
  writeMovedLog(log.table, file, { from, to: spool });
  const { sha256, bytes } = sumOf(file.read());
  const adopted = { ...manifest, remoteSpool: spool, sha256, bytes };
  writeManifest(spool, adopted, condor);
  renewSum(spool, queueLogName, sha256, condor);
  file.commit({ replace: true });
}

function sumOf(
  pieces: Iterable<Uint8Array>,
): { sha256: string; bytes: number } {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/**
 * An export as it arrives at the remote side: a folder or a bundle.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import {
  type Manifest,
  queueLogName,
  readManifest,
  sha256OfFile,
} from "../export_dir/manifest.ts";
import type { ReturnedLog } from "../export_dir/returned_log.ts";
import { verifyTree } from "../files/bundle.ts";
import { openReturned } from "../files/return/open_returned.ts";
import { readBundle } from "../files/tree/bundle_reader.ts";
import type { TreeEntry } from "../files/tree/entry.ts";
import { readFolder } from "../files/tree/folder_reader.ts";
import { sumsName } from "../files/tree/sums.ts";
import { stringOf } from "../job/attribute_values.ts";
import { exportIdAttribute } from "../job/lock.ts";
import { RemoteError } from "./error.ts";

/** An export that was checked. Dispose of it after use. */
export interface Incoming extends Disposable {
  /** What the export says about itself. */
  readonly manifest: Manifest;
  /** Its queue log. */
  readonly log: ReturnedLog;
  /** Whether it has SHA256SUMS. An export that moves ads only has none. */
  readonly hasSums: boolean;
  /** Reads its files and folders, SHA256SUMS last. */
  entries(): AsyncIterable<TreeEntry>;
}

/**
 * Opens an export and checks all of it: checksums, the queue log, and that the
 * manifest and the jobs agree. Throws {@linkcode RemoteError},
 * {@linkcode ManifestError}, {@linkcode TreeError} or
 * {@linkcode ReturnedLogError}.
 */
export async function openIncoming(
  path: string,
  progress: (text: string) => void = () => {},
): Promise<Incoming> {
  const isFolder = await isDirectory(path);
  progress("checking the export");
  if (isFolder) await verifyFolder(path);
  const opened = await openReturned(path, progress);
  try {
    const { manifest, log } = opened;
    if (manifest === undefined) throw noManifest(path);
    requireAgreement(manifest, log, path);
    return {
      ...{ manifest, log },
      hasSums: !isFolder || isFile(join(path, sumsName)),
      entries: () => isFolder ? sumsLast(resolve(path)) : readBundle(path),
      [Symbol.dispose]: () => opened[Symbol.dispose](),
    };
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    throw new RemoteError("cannot read the export", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name the export's folder, or the bundle, with --in",
    });
  }
}

/** An export of ads only has no SHA256SUMS; its manifest has the log's checksum. */
async function verifyFolder(path: string): Promise<void> {
  const manifest = readManifest(path);
  if (manifest === undefined) throw noManifest(path);
  if (isFile(join(path, sumsName))) {
    await verifyTree(path);
    return;
  }
  if (manifest.files?.mode === "stage") {
    throw new RemoteError(`the export has no ${sumsName}`, {
      subject: path,
      remedy: "copy it again, and its files with it",
    });
  }
  const log = join(path, queueLogName);
  if (isFile(log) && sha256OfFile(log) === manifest.sha256) return;
  throw changedLog(log);
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

async function* sumsLast(top: string): AsyncGenerator<TreeEntry> {
  yield* readFolder(top, (path) => path !== sumsName);
  yield* readFolder(top, (path) => path === sumsName);
}

function requireAgreement(
  manifest: Manifest,
  log: ReturnedLog,
  path: string,
): void {
  if (manifest.state !== "written") {
    throw new RemoteError(`the export is in state ${manifest.state}`, {
      subject: path,
      remedy: "only an export that has been written and is still away can run",
    });
  }
  if (manifest.sha256 !== log.sha256()) throw changedLog(log.path);
  if (manifest.jobs !== log.jobs) {
    throw new RemoteError("the queue log has another number of jobs", {
      subject: `${log.jobs}, and ${manifest.jobs} in the manifest`,
      remedy: "copy the export again",
    });
  }
  for (const ad of log.table.procs()) {
    if (stringOf(ad, exportIdAttribute) !== manifest.exportId) {
      throw foreignJob(ad.key, "it is of another export");
    }
    if (stringOf(ad, "Owner") !== manifest.owner) {
      throw foreignJob(ad.key, `its owner is not ${manifest.owner}`);
    }
  }
}

function foreignJob(key: string, why: string): RemoteError {
  return new RemoteError("a job does not belong to the export", {
    subject: `${key}: ${why}`,
    remedy: "do not use this export; have it sent again",
  });
}

function noManifest(path: string): RemoteError {
  return new RemoteError("this is no export: it has no manifest.json", {
    subject: path,
    remedy: "name the folder that export --out wrote, or the bundle",
  });
}

function changedLog(path: string): RemoteError {
  return new RemoteError("the export's queue log was changed or cut", {
    subject: path,
    remedy: "copy the export again",
  });
}

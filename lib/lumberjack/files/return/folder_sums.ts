import { createHash } from "node:crypto";
import { queueLogName } from "../../export_dir/manifest.ts";
import type { ReturnedLog } from "../../export_dir/returned_log.ts";
import { type TreeEntry, TreeError } from "../tree/entry.ts";
import { parseSums, sumsName } from "../tree/sums.ts";
import type { ReturnedFolder } from "./returned_folder.ts";

/** The checksums of a returned folder: for each path its SHA-256. */
export type FolderSums = ReadonlyMap<string, string>;

/**
 * Reads SHA256SUMS of a returned folder. Returns undefined if there is none, or
 * if it is older than the queue log: a spool that was copied back has the file of
 * the export, which says nothing about what the jobs wrote. Throws
 * {@linkcode TreeError} if it is damaged or cannot be read.
 *
 * @param folder The returned folder.
 * @param log Its queue log.
 */
export function readFolderSums(
  folder: ReturnedFolder,
  log: Pick<ReturnedLog, "sha256">,
): FolderSums | undefined {
  const text = folder.read(sumsName, largestSums);
  if (text === undefined) return undefined;
  const isOfLog = text.includes(`${log.sha256()}  ${queueLogName}\n`);
  return isOfLog ? parseSums(text) : undefined;
}

/** In bytes: some million files. */
const largestSums = 512 * 1024 * 1024;

/**
 * Checks the entries of a job's folder against checksums: a file that was
 * changed, is missing or is not listed throws {@linkcode TreeError}.
 */
export async function* checkedEntries(
  entries: AsyncIterable<TreeEntry>,
  folder: string,
  sums: FolderSums,
): AsyncGenerator<TreeEntry> {
  const seen = new Set<string>();
  for await (const entry of entries) {
    if (entry.kind === "folder") {
      yield entry;
      continue;
    }
    const path = `${folder}/${entry.path}`;
    seen.add(path);
    const digest = sums.get(path);
    if (entry.bytes !== undefined) requireDigest(entry.bytes, path, digest);
    yield { ...entry, body: checkedBody(entry.body, path, digest) };
  }
  for (const path of sums.keys()) {
    if (!path.startsWith(`${folder}/`) || seen.has(path)) continue;
    throw wrong("a file is missing", path);
  }
}

function requireDigest(
  bytes: Uint8Array,
  path: string,
  digest: string | undefined,
): void {
  if (digest === undefined) throw wrong(`a file is not in ${sumsName}`, path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== digest) throw wrong("a file was changed", path);
}

async function* checkedBody(
  body: AsyncIterable<Uint8Array>,
  path: string,
  digest: string | undefined,
): AsyncGenerator<Uint8Array> {
  if (digest === undefined) throw wrong(`a file is not in ${sumsName}`, path);
  const hash = createHash("sha256");
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== digest) throw wrong("a file was changed", path);
}

function wrong(what: string, path: string): TreeError {
  return new TreeError(what, { subject: path, remedy: "have it sent again" });
}

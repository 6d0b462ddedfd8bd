/**
 * The files of jobs as they came back, in a folder or in a bundle.
 *
 * @module
 */
import { join } from "@std/path";
import type { JobId } from "../../job/id.ts";
import { jobSpoolDirectory } from "../../job/spool_path.ts";
import { readBundle } from "../tree/bundle_reader.ts";
import { type TreeEntry, TreeError } from "../tree/entry.ts";
import { checkedEntries, type FolderSums } from "./folder_sums.ts";
import { readRealFolder } from "../tree/folder_reader.ts";

/** A job that came back, and its files. */
export interface ReturnedFiles {
  /** Which job. */
  readonly job: JobId;
  /**
   * What is in the job's folder, with paths relative to it; undefined if the job
   * has no folder in what came back. To be read before the next job.
   */
  readonly entries: AsyncIterable<TreeEntry> | undefined;
}

/**
 * Hands on the jobs with their files, in the order that costs least. Each of the
 * jobs comes once. Throws {@linkcode TreeError} if what came back cannot be read.
 */
export type ReturnedTree = (
  jobs: Iterable<JobId>,
) => AsyncIterable<ReturnedFiles>;

/**
 * What came back in a folder. `top` is the returned SPOOL; `sums` are its
 * checksums, if it has any. Something wrong with a job's files shows when its
 * entries are read.
 */
export function treeInFolder(top: string, sums?: FolderSums): ReturnedTree {
  // The owner of the folder can put links into it while root reads it.
  const real = Deno.realPathSync(top);
  return async function* (jobs) {
    for (const job of jobs) yield { job, entries: entriesOf(real, job, sums) };
  };
}

function entriesOf(
  top: string,
  job: JobId,
  sums: FolderSums | undefined,
): AsyncIterable<TreeEntry> | undefined {
  const folder = jobFolder(job);
  let isThere: boolean;
  try {
    isThere = isFolder(top, folder);
  } catch (error) {
    return failing(error);
  }
  if (!isThere && sums === undefined) return undefined;
  const entries = isThere ? readRealFolder(join(top, folder)) : nothing();
  return sums ? checkedEntries(entries, folder, sums) : entries;
}

async function* nothing(): AsyncGenerator<TreeEntry> {}

// deno-lint-ignore require-yield
async function* failing(error: unknown): AsyncGenerator<TreeEntry> {
  throw error;
}

/**
 * What came back in a bundle, which has been verified. Throws if the bundle is
 * another file by then.
 */
export function treeInBundle(path: string): ReturnedTree {
  const seen = identityOf(path);
  return async function* (jobs) {
    const away = new Map<string, JobId>();
    for (const { cluster, proc } of jobs) {
      const job = { cluster, proc };
      away.set(jobFolder(job), job);
    }
    const entries = new Lookahead(readBundle(path));
    try {
      for (;;) {
        const entry = await entries.peek();
        if (entry === undefined) break;
        const folder = folderOf(entry.path);
        const job = folder === undefined ? undefined : away.get(folder);
        if (folder === undefined || job === undefined) {
          entries.take();
          continue;
        }
        away.delete(folder);
        yield { job, entries: below(entries, folder) };
        // The caller may not want all of them.
        for await (const _ of below(entries, folder));
        if (identityOf(path) !== seen) throw changed(path);
      }
    } finally {
      await entries.close();
    }
    for (const job of away.values()) yield { job, entries: undefined };
  };
}

/** The folder of a job, relative to the top of the tree. */
export function jobFolder(job: JobId): string {
  return jobSpoolDirectory("", job).slice(1);
}

/** The job's folder that a path of a tree is in; undefined for other paths. */
function folderOf(path: string): string | undefined {
  return /^\d+\/\d+\/cluster\d+\.proc\d+\.subproc0(?=\/|$)/.exec(path)?.[0];
}

/** A bundle in which a job's files do not stand together never gets here. */
async function* below(
  entries: Lookahead,
  folder: string,
): AsyncGenerator<TreeEntry> {
  for (;;) {
    const entry = await entries.peek();
    if (entry === undefined || folderOf(entry.path) !== folder) return;
    entries.take();
    const path = entry.path.slice(folder.length + 1);
    if (path !== "") yield { ...entry, path };
  }
}

/** Entries of which the next one can be looked at. */
class Lookahead {
  readonly #entries: AsyncGenerator<TreeEntry>;
  #next: TreeEntry | undefined;

  constructor(entries: AsyncGenerator<TreeEntry>) {
    this.#entries = entries;
  }

  async peek(): Promise<TreeEntry | undefined> {
    if (this.#next === undefined) {
      const { done, value } = await this.#entries.next();
      if (!done) this.#next = value;
    }
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
  }

  async close(): Promise<void> {
    await this.#entries.return(undefined);
  }
}

/**
 * Checks that the files of each job stand together in a bundle, while the bundle
 * is verified. Otherwise they could not be brought home all or none.
 */
export class FolderOrder {
  readonly #seen = new Set<string>();
  #folder: string | undefined;

  /** Takes the next path. Throws {@linkcode TreeError}. */
  add(path: string): void {
    const folder = folderOf(path);
    if (folder === this.#folder) return;
    if (folder !== undefined && this.#seen.has(folder)) {
      throw new TreeError("the files of a job stand in two places", {
        subject: path,
        remedy: "have it made again with lumberjack bundle create",
      });
    }
    if (this.#folder !== undefined) this.#seen.add(this.#folder);
    this.#folder = folder;
  }
}

/** Whether it is a folder, and reached through no symbolic link below `top`. */
function isFolder(top: string, path: string): boolean {
  let folder = top;
  for (const name of path.split("/")) {
    folder = join(folder, name);
    try {
      const { isDirectory, isSymlink } = Deno.lstatSync(folder);
      if (isSymlink) {
        throw new TreeError("only plain files and folders travel", {
          subject: `${folder} (a symbolic link)`,
          remedy: "put the folder itself in its place",
        });
      }
      if (!isDirectory) return false;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
  return true;
}

function identityOf(path: string): string {
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev} ${ino} ${size} ${mtime?.getTime()}`;
}

function changed(path: string): TreeError {
  return new TreeError("the bundle changed while it was read", {
    subject: path,
    remedy: "import again when nothing writes to it",
  });
}

import { closeSync, constants, fchownSync, fstatSync, openSync } from "node:fs";
import { join } from "@std/path";
import type { UserIds } from "../../../condor/user_database.ts";
import { DurableFile, removeUnfinished } from "../../../queue_log/mod.ts";
import {
  formatManifest,
  manifestName,
  queueLogName,
  sha256OfText,
} from "../../export_dir/manifest.ts";
import { type CopiedFile, copyAs } from "../owner/copy_input.ts";
import { finishCopiesAs } from "../owner/early_sync.ts";
import {
  makeFoldersAs,
  removeAs,
  removeJobFoldersAs,
} from "../owner/folders.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { TreeError } from "../tree/entry.ts";
import { syncFileSystem } from "../tree/folder_writer.ts";
import { sumLine, sumsName } from "../tree/sums.ts";
import type { InputTree, TreeEnd } from "./input_tree.ts";

/** The folder of a tree in which Lumberjack keeps what belongs to exports. */
export const ourFolder = "lumberjack";

/**
 * A tree in the export's folder. The jobs' owner writes it, because the folder
 * may be the owner's: root would follow a link that the owner puts there. Where
 * the owner may not write, root makes the uppermost folders and gives them away.
 */
export class FolderTree implements InputTree {
  /** What was begun is removed. */
  readonly keepsFailed = false;
  readonly #top: string;
  readonly #owner: ServiceCaller;
  readonly #ids: UserIds | undefined;
  /** The names at the top of the tree that are there for certain. */
  readonly #tops = new Set<string>();
  /** Whether the owner may write to the top of the tree. */
  #ownerMakesTops = false;
  /** Folders that are not made yet. */
  #planned: string[] = [];
  /** The owner makes these folders while we continue; why that failed. */
  #making: Promise<{ readonly failure?: unknown }> = Promise.resolve({});

  /** `top` is the export's folder; `ids` are the owner's, if root exports. */
  constructor(top: string, owner: ServiceCaller, ids: UserIds | undefined) {
    this.#top = top;
    this.#owner = owner;
    this.#ids = ids;
  }

  /** See {@linkcode InputTree.makeFolders}. */
  async makeFolders(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#makeTop(path.split("/")[0]);
      this.#planned.push(this.#path(path));
    }
    if (this.#planned.length >= mostPlanned) await this.#makePlanned();
  }

  /** Lets the owner make folders, and waits for those that were asked for before. */
  async #makePlanned(): Promise<void> {
    const { failure } = await this.#making;
    if (failure !== undefined) throw failure;
    const paths = this.#planned;
    this.#planned = [];
    this.#making = makeFoldersAs(this.#owner, paths)
      .then(() => ({}), (failure) => ({ failure }));
  }

  /** See {@linkcode InputTree.addInput}. */
  async *addInput(
    owner: ServiceCaller,
    from: string,
    path: string,
  ): AsyncGenerator<CopiedFile> {
    await this.#makeTop(path.split("/")[0]);
    let whole = false;
    try {
      yield* copyAs(owner, from, this.#path(path));
      whole = true;
    } finally {
      if (!whole) await removeAs(owner, [this.#path(path)]);
    }
  }

  /** See {@linkcode InputTree.finish}. */
  async finish({ inputs, log, manifest }: TreeEnd): Promise<void> {
    await this.#makePlanned();
    await finishCopiesAs(this.#owner);
    const { failure } = await this.#making;
    if (failure !== undefined) throw failure;
    await syncFileSystem(this.#top);
    const encoder = new TextEncoder();
    removeUnfinished(this.#path(sumsName));
    using file = new DurableFile(this.#path(sumsName), {
      mode: 0o644,
      owner: this.#ids,
    });
    for (const piece of inputs()) file.writeSync(piece);
    const sum = sha256OfText(formatManifest(manifest));
    file.writeSync(encoder.encode(sumLine(log.sha256, queueLogName)));
    file.writeSync(encoder.encode(sumLine(sum, manifestName)));
    file.commit({ replace: true });
  }

  #path(path: string): string {
    return join(this.#top, path);
  }

  /** Makes a folder at the top of the tree, if only root can make it. */
  async #makeTop(name: string): Promise<void> {
    if (this.#tops.has(name) || this.#ownerMakesTops) return;
    const path = this.#path(name);
    try {
      if (this.#ids) giveIfRoots(path, this.#ids);
      await makeFoldersAs(this.#owner, [path]);
      // Then the owner makes the other ones together with what is in them.
      this.#ownerMakesTops = this.#tops.size === 0;
    } catch (error) {
      if (this.#ids === undefined) throw error;
      makeFor(path, this.#ids);
    }
    this.#tops.add(name);
  }
}

/**
 * How many folders the owner is asked for at once: an answer takes longer than
 * making a folder.
 */
const mostPlanned = 512;

/** Makes a folder and gives it to a user, through the folder and not its name. */
function makeFor(path: string, { uid, gid }: UserIds): void {
  let descriptor: number | undefined;
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    descriptor = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fstatSync(descriptor).uid !== 0) throw new Error("it was replaced");
    fchownSync(descriptor, uid, gid);
  } catch (cause) {
    throw new TreeError("cannot make the folder", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name an empty folder with --out",
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Gives an empty folder that belongs to root to a user. Such a folder is left
 * behind if root was killed after it had made the folder.
 */
function giveIfRoots(path: string, { uid, gid }: UserIds): void {
  let descriptor: number | undefined;
  try {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    descriptor = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fstatSync(descriptor).uid !== 0) return;
    if (!Deno.readDirSync(path)[Symbol.iterator]().next().done) return;
    fchownSync(descriptor, uid, gid);
  } catch {
    // It is not there, or it is no folder: the owner will see it.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Removes the inputs and logs that an export has in its folder. */
export async function removeInputs(
  top: string,
  owner: ServiceCaller,
  exportId: string,
): Promise<void> {
  await removeAs(owner, [join(top, ourFolder, exportId)]);
}

/**
 * Removes the files that a failed export has left in its folder. A job's own
 * folder is removed only if it is empty, because it may hold other files.
 */
export async function removeTree(
  top: string,
  owner: ServiceCaller,
  exportId: string,
  clusters: readonly number[],
): Promise<void> {
  await removeInputs(top, owner, exportId);
  await removeJobFoldersAs(owner, top, clusters);
  // Where root made these folders, only root can remove them.
  const folders = new Set(clusters.map((cluster) => `${cluster % 10000}`));
  for (const name of [ourFolder, ...folders, sumsName]) {
    removeQuietly(join(top, name));
  }
}

/** Removes a file or an empty folder. */
function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there, or something is in it.
  }
}

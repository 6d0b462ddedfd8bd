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
import { copyAllAs, type CopyNews } from "../owner/copy_input.ts";
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
import type { AddedInput, InputTree, TreeEnd } from "./input_tree.ts";

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
  /** Whether the owner may not, so that root makes those folders. */
  #rootMakesTops = false;
  /** Folders that are not made yet. */
  #planned: string[] = [];
  /** The owner makes these folders while we continue; why that failed. */
  #making: Promise<{ readonly failure?: unknown }> = Promise.resolve({});
  #isMaking = false;

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
    if (this.#planned.length >= mostPlanned) await this.#making;
    if (this.#planned.length >= leastPlanned) this.#makePlanned();
  }

  /** Lets the owner make folders, unless the owner does that already. */
  #makePlanned(): void {
    if (this.#isMaking) return;
    this.#isMaking = true;
    this.#making = this.#makeAll().then(() => ({}), (failure) => ({ failure }))
      .finally(() => this.#isMaking = false);
  }

  async #makeAll(): Promise<void> {
    while (this.#planned.length > 0) {
      await makeFoldersAs(this.#owner, this.#planned.splice(0, mostAtOnce));
    }
  }

  /** Waits until the folders that were asked for are made. */
  async #makeRest(): Promise<void> {
    await this.#making;
    this.#makePlanned();
    const { failure } = await this.#making;
    if (failure !== undefined) throw failure;
  }

  /** See {@linkcode InputTree.addInputs}. */
  async *addInputs(
    owner: ServiceCaller,
    inputs: readonly AddedInput[],
  ): AsyncGenerator<CopyNews> {
    for (const { path } of inputs) await this.#makeTop(path.split("/")[0]);
    yield* copyAllAs(
      owner,
      inputs.map(({ from, path }) => ({ from, to: this.#path(path) })),
    );
  }

  /** See {@linkcode InputTree.withdrawFolders}. */
  async withdrawFolders(clusters: readonly number[]): Promise<void> {
    await this.#makeRest();
    await removeJobFoldersAs(this.#owner, this.#top, clusters);
    // They may be gone now.
    for (const name of this.#tops) {
      if (name !== ourFolder) this.#tops.delete(name);
    }
  }

  /** See {@linkcode InputTree.finish}. */
  async finish({ inputs, log, manifest }: TreeEnd): Promise<void> {
    await this.#makeRest();
    await finishCopiesAs(this.#owner);
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
    if (this.#ids) giveIfRoots(path, this.#ids);
    const isThere = isFolderOf(path, this.#ids);
    if (!this.#rootMakesTops || this.#ids === undefined) {
      try {
        await makeFoldersAs(this.#owner, [path]);
        // If the owner can, he makes the other ones together with what is in them.
        this.#ownerMakesTops = !isThere;
      } catch (error) {
        if (this.#ids === undefined) throw error;
        this.#rootMakesTops = true;
      }
    }
    if (this.#rootMakesTops && this.#ids && !isThere) makeFor(path, this.#ids);
    this.#tops.add(name);
  }
}

/**
 * With fewer folders than this, the owner is not asked for them before the end: an
 * answer takes longer than making a folder.
 */
const leastPlanned = 512;

/** How many folders the owner is asked for at once. */
const mostAtOnce = 4096;

/** How many folders may wait until the owner makes them. */
const mostPlanned = 20_000;

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

/** Whether a folder is there that belongs to a user, or to anybody. */
function isFolderOf(path: string, ids: UserIds | undefined): boolean {
  try {
    const { isDirectory, uid } = Deno.lstatSync(path);
    return isDirectory && (ids === undefined || uid === ids.uid);
  } catch {
    return false;
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

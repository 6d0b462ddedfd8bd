import type { UserIds } from "../../../condor/user_database.ts";
import { removeUnfinished } from "../../../queue_log/mod.ts";
import { LumberjackError } from "../../error.ts";
import {
  formatManifest,
  manifestName,
  parseManifest,
  queueLogName,
} from "../../export_dir/manifest.ts";
import type { CopiedFile, CopyNews } from "../owner/copy_input.ts";
import { ServiceError } from "../owner/failure.ts";
import { readInputAs } from "../owner/read_input.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { readBundle } from "../tree/bundle_reader.ts";
import { BundleWriter, FilledFile } from "../tree/bundle_writer.ts";
import { TreeError } from "../tree/entry.ts";
import { LineSplitter } from "../tree/line_splitter.ts";
import { Scratch } from "../tree/scratch.ts";
import { sumLine, sumsName } from "../tree/sums.ts";
import type { AddedInput, InputTree, TreeEnd } from "./input_tree.ts";

/**
 * A tree that is written as one bundle. The files are read as the owner and go
 * into the bundle at once, so they need no other room on the disk.
 */
export class BundleTree implements InputTree {
  /** What was begun stays in the bundle; no job names it. */
  readonly keepsFailed = true;
  readonly #path: string;
  readonly #writer: BundleWriter;
  /** The paths of folders, a line each. */
  #folders = new Scratch();
  #isFinished = false;

  /**
   * Starts the bundle `path`, which must not exist. It will be readable by
   * `owner` alone. Throws TreeError if it cannot be written.
   */
  constructor(path: string, owner: UserIds | undefined) {
    this.#path = path;
    this.#writer = new BundleWriter(path, { owner });
  }

  /**
   * See {@linkcode InputTree.makeFolders}. They stand after the inputs, when it is
   * certain which jobs leave.
   */
  makeFolders(paths: readonly string[]): Promise<void> {
    const lines = paths.map((path) => `${path}\n`).join("");
    this.#folders.write(new TextEncoder().encode(lines));
    return Promise.resolve();
  }

  /** See {@linkcode InputTree.withdrawFolders}. */
  withdrawFolders(): Promise<void> {
    this.#folders[Symbol.dispose]();
    this.#folders = new Scratch();
    return Promise.resolve();
  }

  /** See {@linkcode InputTree.addInputs}. */
  async *addInputs(
    owner: ServiceCaller,
    inputs: readonly AddedInput[],
  ): AsyncGenerator<CopyNews> {
    for (const { from, path } of inputs) {
      let failure: ServiceError | undefined;
      try {
        for await (const file of this.#addInput(owner, from, path)) {
          yield { file };
        }
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        failure = error;
      }
      yield { failure };
    }
  }

  async *#addInput(
    owner: ServiceCaller,
    from: string,
    path: string,
  ): AsyncGenerator<CopiedFile> {
    for await (const entry of readInputAs(owner, from)) {
      const whole = entry.path === "" ? path : `${path}/${entry.path}`;
      if (entry.isFolder) {
        await this.#writer.addFolder({ ...entry, path: whole });
        continue;
      }
      const { size: bytes } = entry;
      try {
        const sha256 = await this.#writer.addFile({ ...entry, path: whole });
        yield { path: entry.path, sha256, bytes };
      } catch (error) {
        if (!(error instanceof FilledFile)) throw error;
        // Zeros stand in its place, and SHA256SUMS has to name them.
        yield { path: entry.path, sha256: error.sha256, bytes };
        throw error.cause;
      }
    }
  }

  async #addFolders(): Promise<void> {
    const mtime = Math.floor(Date.now() / 1000);
    const splitter = new LineSplitter();
    for (const piece of this.#folders.read()) {
      for (const path of splitter.take(piece)) {
        await this.#writer.addFolder({ path, mode: 0o755, mtime });
      }
    }
  }

  /** See {@linkcode InputTree.finish}. */
  async finish({ inputs, log, manifest }: TreeEnd): Promise<void> {
    await this.#addFolders();
    const encoder = new TextEncoder();
    using sums = new Scratch();
    for (const piece of inputs()) sums.write(piece);
    const add = async (
      name: string,
      mode: number,
      size: number,
      pieces: Iterable<Uint8Array>,
    ) => {
      const mtime = Math.floor(Date.now() / 1000);
      const body = (async function* () {
        yield* pieces;
      })();
      const head = { path: name, mode, mtime, size };
      const sha256 = await this.#writer.addFile({ ...head, body });
      sums.write(encoder.encode(sumLine(sha256, name)));
    };
    await add(queueLogName, 0o600, log.size, log.read());
    const text = encoder.encode(formatManifest(manifest));
    await add(manifestName, 0o644, text.length, [text]);
    await add(sumsName, 0o644, sums.size, sums.read());
    await this.#writer.finish();
    this.#folders[Symbol.dispose]();
    this.#isFinished = true;
  }

  /** Removes the bundle, finished or not. */
  async abandon(): Promise<void> {
    this.#folders[Symbol.dispose]();
    if (this.#isFinished) Deno.removeSync(this.#path);
    else await this.#writer.abandon();
    this.#isFinished = false;
  }
}

/**
 * Removes what an export that was interrupted has left of its bundle: unfinished
 * files beside it, and the bundle itself if it is this export's. Throws
 * LumberjackError if another file has the bundle's name.
 */
export async function removeInterrupted(
  path: string,
  exportId: string,
): Promise<void> {
  removeUnfinished(path);
  const found = await exportIdIn(path);
  if (found === exportId) Deno.removeSync(path);
}

/** The export that a bundle holds; undefined if there is none to be found. */
async function exportIdIn(path: string): Promise<string | undefined> {
  if (!isFile(path)) return undefined;
  try {
    for await (const entry of readBundle(path)) {
      if (entry.kind !== "file" || entry.path !== manifestName) continue;
      if (entry.size > largestManifest) return undefined;
      const text = await new Response(ReadableStream.from(entry.body)).text();
      return parseManifest(text, path).exportId;
    }
  } catch (error) {
    if (error instanceof TreeError) return undefined;
    if (error instanceof LumberjackError) return undefined;
    throw error;
  }
  return undefined;
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

/** In bytes. */
const largestManifest = 256 * 1024 * 1024;

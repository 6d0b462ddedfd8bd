import type { Manifest } from "../../export_dir/manifest.ts";
import type { CopiedFile } from "../owner/copy_input.ts";
import type { ServiceCaller } from "../owner/service.ts";
import type { LogBytes } from "./staging.ts";

/**
 * Takes the files of one export: into a folder, or into a bundle. Paths are
 * relative to the top of the tree.
 */
export interface InputTree {
  /**
   * Whether the tree keeps what was added of an input that failed. SHA256SUMS
   * then has to name it.
   */
  readonly keepsFailed: boolean;
  /** Makes folders, with those above them. */
  makeFolders(paths: readonly string[]): Promise<void>;
  /**
   * Adds a file, or a folder with what is in it, that `owner` can read. Throws
   * ServiceError if the original cannot be read or changes meanwhile.
   */
  addInput(
    owner: ServiceCaller,
    from: string,
    path: string,
  ): AsyncIterable<CopiedFile>;
  /** Adds SHA256SUMS and what else is missing, and makes the tree durable. */
  finish(end: TreeEnd): Promise<void>;
}

/** What comes last in a tree. */
export interface TreeEnd {
  /** The lines of SHA256SUMS for the inputs, in pieces. */
  inputs(): Iterable<Uint8Array>;
  /** The log. In a folder it gets its name after this. */
  readonly log: LogBytes;
  /** The manifest. In a folder it is written after this. */
  readonly manifest: Manifest;
}

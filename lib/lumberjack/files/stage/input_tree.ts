import type { Manifest } from "../../export_dir/manifest.ts";
import type { CopyNews } from "../owner/copy_input.ts";
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
   * Adds inputs that `owner` can read, in their order: files, or folders with what
   * is in them. An input that cannot be read or changes meanwhile fails alone.
   */
  addInputs(
    owner: ServiceCaller,
    inputs: readonly AddedInput[],
  ): AsyncIterable<CopyNews>;
  /**
   * Takes back the folders of jobs in these clusters, because the export's log is
   * written once more. What {@linkcode makeFolders} made else has to be made again.
   */
  withdrawFolders(clusters: readonly number[]): Promise<void>;
  /** Adds SHA256SUMS and what else is missing, and makes the tree durable. */
  finish(end: TreeEnd): Promise<void>;
}

/** An input for a tree. */
export interface AddedInput {
  /** Where it is at home, absolute. */
  readonly from: string;
  /** Its path in the tree. */
  readonly path: string;
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

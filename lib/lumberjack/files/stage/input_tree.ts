import type { CopiedFile } from "../owner/copy_input.ts";
import type { ServiceCaller } from "../owner/service.ts";

/**
 * Takes the files of one export: into a folder, or into a bundle. Paths are
 * relative to the top of the tree.
 */
export interface InputTree {
  /** Makes folders, with those above them. */
  makeFolders(paths: readonly string[]): Promise<void>;
  /**
   * Adds a file, or a folder with what is in it, that `owner` can read. Throws
   * ServiceError if the original cannot be read or changes meanwhile; then the
   * tree has nothing of it.
   */
  addInput(
    owner: ServiceCaller,
    from: string,
    path: string,
  ): AsyncIterable<CopiedFile>;
  /** Makes the tree durable, with a SHA256SUMS that has these lines. */
  finish(sums: TreeSums): Promise<void>;
}

/** The checksums of a tree. */
export interface TreeSums {
  /** The lines of SHA256SUMS for the inputs, in pieces. */
  inputs(): Iterable<Uint8Array>;
  /** The SHA-256 of job_queue.log, in hexadecimal. */
  readonly log: string;
  /** The SHA-256 of manifest.json, in hexadecimal. */
  readonly manifest: string;
}

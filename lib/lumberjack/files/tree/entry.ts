/**
 * A tree of files as it travels: what an export lays out for the remote side,
 * and what comes back. The same tree lies in a folder or in one bundle file.
 *
 * @module
 */
import { LumberjackError, type LumberjackErrorOptions } from "../../error.ts";

/** What is known of a file or folder besides its contents. */
export interface TreeHead {
  /** Relative to the top of the tree, with `/` between the names. */
  readonly path: string;
  /** Permission bits; those above 0o777 (set-uid and the like) never travel. */
  readonly mode: number;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
}

/** A folder of the tree. */
export interface TreeFolder extends TreeHead {
  readonly kind: "folder";
}

/** A plain file of the tree. */
export interface TreeFile extends TreeHead {
  readonly kind: "file";
  /** In bytes. */
  readonly size: number;
  /** The contents, in pieces. To be read once, before the next entry. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A file or a folder. Nothing else travels: no links, no devices. */
export type TreeEntry = TreeFolder | TreeFile;

/** Takes the entries of a tree, one after the other. */
export interface TreeWriter {
  /** Adds a folder. A folder that is there already is left as it is. */
  addFolder(folder: Omit<TreeFolder, "kind">): Promise<void>;
  /**
   * Adds a file and returns the SHA-256 of its contents, in hexadecimal. Throws
   * {@linkcode TreeError} when the contents are not as long as `size` says.
   */
  addFile(file: Omit<TreeFile, "kind">): Promise<string>;
  /** Makes the tree durable. Before this returns, nobody may rely on it. */
  finish(): Promise<void>;
  /** Takes away what was written, when the tree cannot be finished. */
  abandon(): Promise<void>;
}

/** A tree of files is damaged, cut, hostile, or cannot be written. */
export class TreeError extends LumberjackError {
  /** `message` says what is wrong. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "TreeError";
  }
}

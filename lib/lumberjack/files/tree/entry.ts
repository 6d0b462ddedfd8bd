/**
 * A tree of files as it travels: what an export lays out for the remote side,
 * and what comes back. The same tree lies in a folder or in one bundle file.
 *
 * @module
 */
import { LumberjackError, type LumberjackErrorOptions } from "../../error.ts";

/** What is known about a file or folder, except its contents. */
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
  /** The contents, in pieces. They can be read once, before the next entry. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The same contents at once, if the file is small and was read already. Valid
   * until the next entry is asked for.
   */
  readonly bytes?: Uint8Array;
  /**
   * Returns the SHA-256 of the contents, in hexadecimal, when all of them were
   * read; left out if nobody but the reader of the contents counts it.
   */
  readonly digest?: () => string | undefined;
}

/** A file or a folder. Links, devices and everything else never travel. */
export type TreeEntry = TreeFolder | TreeFile;

/** Takes the entries of a tree, one after the other. */
export interface TreeWriter {
  /** Adds a folder. If the folder is there already, it is not changed. */
  addFolder(folder: Omit<TreeFolder, "kind">): Promise<void>;
  /**
   * Adds a file and returns the SHA-256 of its contents, in hexadecimal. Throws
   * {@linkcode TreeError} if the contents are not as long as `size` says.
   */
  addFile(file: Omit<TreeFile, "kind">): Promise<string>;
  /** Writes the tree to the disk. Nobody may rely on the tree before this returns. */
  finish(): Promise<void>;
  /** Removes what was written, if the tree cannot be finished. */
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

/**
 * A tree is not what its sender wrote: it was cut, or its bytes were changed on
 * the way. The sender's own tree may be whole.
 */
export class DamagedTreeError extends TreeError {
  /** `message` says what is wrong. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, { remedy: "have it sent again", ...options });
    this.name = "DamagedTreeError";
  }
}

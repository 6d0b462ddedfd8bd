/**
 * Reads the files at the top of a returned folder. The folder may belong to a
 * user, who can put links into it while root reads it.
 *
 * @module
 */
import { join } from "@std/path";
import { type ByteSource, QueueLogError } from "../../../queue_log/mod.ts";
import { inFolder } from "../tree/entered_folder.ts";
import { TreeError } from "../tree/entry.ts";
import { FileInFolder } from "../tree/file_in_folder.ts";

/** A returned folder. No link in it is followed. */
export class ReturnedFolder {
  /** Its real path. */
  readonly path: string;

  /** `path` may be reached through links. */
  constructor(path: string) {
    this.path = Deno.realPathSync(path);
  }

  /**
   * Reads a small file. Returns undefined if there is none. Throws {@linkcode
   * TreeError} if it is a link, is larger than `most` bytes, or cannot be read.
   */
  read(name: string, most: number): string | undefined {
    using file = this.#openIfThere(name);
    if (file === undefined) return undefined;
    if (file.size > most) {
      throw new TreeError("the file is too large", {
        subject: `${join(this.path, name)} (${file.size} bytes)`,
        remedy: "have it sent again",
      });
    }
    return new TextDecoder().decode(file.readWhole());
  }

  /**
   * Opens a queue log. Throws {@linkcode QueueLogError} if there is none, and
   * {@linkcode TreeError} if it is a link or cannot be read.
   */
  openLog(name: string): ByteSource {
    const file = this.#openIfThere(name);
    if (file === undefined) {
      const subject = join(this.path, name);
      throw new QueueLogError("no such queue log", { subject });
    }
    return {
      name: join(this.path, name),
      size: file.size,
      readInto: (target, offset) => file.readInto(target, offset),
      close: () => file[Symbol.dispose](),
    };
  }

  #openIfThere(name: string): FileInFolder | undefined {
    const path = join(this.path, name);
    try {
      return inFolder(this.path, () => new FileInFolder(name, path));
    } catch (error) {
      const { cause } = error as { cause?: { code?: unknown } };
      if (cause?.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

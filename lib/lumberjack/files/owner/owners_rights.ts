import { dirname } from "@std/path";
import { cannotRead } from "../tree/read_errors.ts";

/**
 * What a job's owner may read, for a process that is neither root nor the owner
 * and reads for the owner all the same: a pass as condor, for example. The kernel
 * then checks the rights of condor, and a job that names a file of condor's, or of
 * another user's spooled job, would take it along.
 *
 * A file counts as the owner's to read if the owner has it or everybody may read
 * it, and so on for each folder above it. Rights that the owner has by a group are
 * not known here.
 */
export class OwnersRights {
  readonly #uid: number | undefined;

  /** `uid` is the owner's; undefined if this host does not know the owner. */
  constructor(uid: number | undefined) {
    this.#uid = uid;
  }

  /**
   * Throws `Deno.errors.PermissionDenied` if the owner may not read what is at
   * `path`, or may not reach it.
   */
  requirePath(path: string): void {
    const real = Deno.realPathSync(path);
    const info = Deno.statSync(real);
    this.#require(info, info.isDirectory ? 0o5 : 0o4, path);
    for (let at = real; at !== "/";) {
      at = dirname(at);
      this.#require(Deno.statSync(at), 0o1, path);
    }
  }

  /**
   * Throws `TreeError` if the owner may not read a file that is open.
   * Another file may have taken its name since `requirePath`.
   */
  requireOpened(
    file: { uid: number | null; mode: number },
    path: string,
  ): void {
    try {
      this.#require(file, 0o4, path);
    } catch (cause) {
      throw cannotRead(path, cause);
    }
  }

  #require(
    { uid, mode }: { uid: number | null; mode: number | null },
    bits: number,
    path: string,
  ): void {
    if (uid !== null && uid === this.#uid) return;
    if (((mode ?? 0) & bits) !== bits) {
      throw new Deno.errors.PermissionDenied(path);
    }
  }
}

import { LumberjackError } from "../../error.ts";

/** A folder, and whom it belongs to. */
export interface OwnedFolder {
  /** The path. */
  readonly path: string;
  /** The mode of a folder that is made. */
  readonly mode: number;
  /** The owner's id; undefined: us. */
  readonly uid?: number;
  /** The group's id; undefined: ours. */
  readonly gid?: number;
}

/**
 * Makes a folder, unless it is there. Only root gives it to somebody else. Returns
 * whether it was missing. Throws {@linkcode LumberjackError}.
 */
export function ensureFolder(
  { path, mode, uid, gid }: OwnedFolder,
  dryRun: boolean,
): boolean {
  try {
    if (Deno.statSync(path).isDirectory) return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (dryRun) return true;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
    if (Deno.uid() === 0 && (uid !== undefined || gid !== undefined)) {
      Deno.chownSync(path, uid ?? null, gid ?? null);
    }
    Deno.chmodSync(path, mode);
  } catch (cause) {
    throw new LumberjackError("cannot make the folder", {
      ...{ cause, subject: path },
      remedy: "run the command as the user who administers HTCondor",
    });
  }
  return true;
}

/**
 * The spool of a remote schedd: who uses it, and what lies in it.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { findUser, type UserIds } from "../../condor/user_database.ts";
import { FolderLock } from "../export_dir/folder_lock.ts";
import { queueLogName } from "../export_dir/manifest.ts";
import {
  openReturnedLog,
  type ReturnedLog,
} from "../export_dir/returned_log.ts";
import { ReturnedLogError } from "../error.ts";
import { RemoteError } from "./error.ts";

/**
 * What stands in the spool besides what HTCondor puts there. condor_preen
 * removes everything else, so VALID_SPOOL_FILES has to have these names.
 */
export const validSpoolFiles = ["lumberjack", "manifest.json", "SHA256SUMS"];

/**
 * Opens the folder of a spool, and makes it if it is missing. The lock keeps
 * every other Lumberjack out until it is disposed of. Throws
 * {@linkcode RemoteError}.
 */
export function lockSpool(
  spool: string,
): { readonly path: string; readonly lock: FolderLock } {
  const path = resolve(spool);
  let lock: FolderLock | undefined;
  try {
    makeSpool(path);
    lock = FolderLock.take(path);
  } catch (cause) {
    if (cause instanceof RemoteError) throw cause;
    throw new RemoteError("cannot use the spool", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "name a folder that you may write to with --spool",
    });
  }
  if (lock) return { path, lock };
  throw spoolInUse(path);
}

/** The error of a spool on which another run works. */
export function spoolInUse(path: string): RemoteError {
  return new RemoteError("another lumberjack works on the spool", {
    subject: path,
    remedy: "wait until it has ended, or name another folder with --spool",
  });
}

function makeSpool(path: string): void {
  const condor = spoolOwner();
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    if (condor) Deno.chownSync(path, condor.uid, condor.gid);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/**
 * Returns the user who owns what the schedd itself reads and writes: condor if
 * we are root, undefined if the files stay with the user who runs this.
 */
export function spoolOwner(): UserIds | undefined {
  if (Deno.uid() !== 0) return undefined;
  const condor = findUser("condor");
  if (condor) return condor;
  throw new RemoteError("this host has no user condor", {
    subject: "a schedd that root starts reads its queue as condor",
    remedy: "install HTCondor first, or run this as an ordinary user",
  });
}

/**
 * Throws {@linkcode RemoteError} if a schedd of this host has the queue log of
 * the spool open.
 */
export function requireNoSchedd(spool: string): void {
  const [pid] = scheddsOn(spool);
  if (pid === undefined) return;
  throw new RemoteError("a schedd runs on the spool", {
    subject: `${spool} (process ${pid})`,
    remedy: "stop it first, or name another folder with --spool",
  });
}

/** Prints the process id of each condor_schedd that has the file `$1` open. */
const findSchedds = `
for process in /proc/[0-9]*; do
  { read -r name <"$process/comm"; } 2>/dev/null || continue
  [ "$name" = condor_schedd ] || continue
  for file in "$process"/fd/*; do
    [ "$file" -ef "$1" ] && echo "\${process#/proc/}"
  done
done
exit 0
`;

/** Returns the process ids of the schedds of this host that have the log open. */
export function scheddsOn(spool: string): number[] {
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", findSchedds, "sh", join(spool, queueLogName)],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const ids = new TextDecoder().decode(stdout).split("\n");
  return [...new Set(ids.filter((id) => id !== "").map(Number))];
}

/**
 * Opens the queue log of a spool; undefined if there is none. The caller closes
 * its table. Throws {@linkcode RemoteError} if the log is damaged.
 */
export function openSpoolLog(spool: string): ReturnedLog | undefined {
  try {
    Deno.lstatSync(join(spool, queueLogName));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return openReturnedLog(join(spool, queueLogName));
  } catch (cause) {
    if (!(cause instanceof ReturnedLogError)) throw cause;
    throw new RemoteError("the queue log of the spool is damaged", {
      cause,
      subject: cause.subject ?? spool,
      remedy: "make a good one with lumberjack log salvage, put it in the " +
        "place of the damaged one, and repeat the command",
    });
  }
}

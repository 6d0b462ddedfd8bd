import { dirname } from "@std/path";
import type { UserIds } from "../../../condor/user_database.ts";

/**
 * Makes the folder of a job in SPOOL, as the schedd makes it
 * (condor_utils/spooled_job_files.cpp): it belongs to the job's owner, and the
 * folders above it belong to whom SPOOL belongs. Only root can do that.
 */
export function makeSpoolFolder(folder: string, owner: UserIds): void {
  const proc = dirname(folder), cluster = dirname(proc);
  const { uid, gid } = Deno.statSync(dirname(cluster));
  makeFolder(cluster, 0o755, { uid: uid ?? 0, gid: gid ?? 0 });
  makeFolder(proc, 0o755, { uid: uid ?? 0, gid: gid ?? 0 });
  makeFolder(folder, 0o700, owner);
}

function makeFolder(path: string, mode: number, owner: UserIds): void {
  try {
    Deno.mkdirSync(path, { mode });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw error;
  }
  Deno.chownSync(path, owner.uid, owner.gid);
}

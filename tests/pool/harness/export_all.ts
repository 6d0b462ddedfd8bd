import type { Pool } from "./pool.ts";

/**
 * Exports all jobs of a running schedd, as `user`, into a folder that alice owns.
 * Returns the path of the exported log.
 */
export async function exportAll(
  pool: Pool,
  user: "root" | "alice",
): Promise<string> {
  await pool.sh("mkdir /var/tmp/out; chown alice /var/tmp/out");
  await pool.lumberjackJson([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ], { user });
  return "/var/tmp/out/job_queue.log";
}

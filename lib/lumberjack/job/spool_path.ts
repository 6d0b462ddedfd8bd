/**
 * Returns the folder in which a schedd keeps a job's files, by HTCondor's own rule
 * (gen_ckpt_name, condor_utils/spooled_job_files.cpp). The folder becomes the job's
 * `Iwd` on the remote side.
 *
 * @example
 * ```ts
 * import { jobSpoolDirectory } from "./spool_path.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   jobSpoolDirectory("/hpc/spool", { cluster: 30001, proc: 2 }),
 *   "/hpc/spool/1/2/cluster30001.proc2.subproc0",
 * );
 * ```
 */
export function jobSpoolDirectory(
  spool: string,
  job: { readonly cluster: number; readonly proc: number },
): string {
  const { cluster, proc } = job;
  const root = spool.replace(/\/+$/, "");
  return `${root}/${cluster % 10000}/${proc % 10000}/` +
    `cluster${cluster}.proc${proc}.subproc0`;
}

/**
 * Proves that a job_queue.log is the log of the schedd that is spoken to. The
 * configuration only says where a log should be: on a host with two schedds,
 * with an old SCHEDD_ADDRESS_FILE, or when SPOOL was changed and the schedd was
 * not restarted, that is the log of another schedd. The ads of one queue would
 * then leave while the jobs of the other queue are locked.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { quote } from "../../../classad/mod.ts";
import { CedarError } from "../../../cedar/mod.ts";
import { type Schedd, ScheddError } from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";

/** What is known about a log. Only a log that is `proven` may be read. */
export type LogProof =
  | { readonly kind: "proven" }
  /** The schedd has no job, so there is nothing to read and nothing to prove. */
  | { readonly kind: "empty" }
  /** `reason` says what speaks against the log. */
  | { readonly kind: "unproven"; readonly reason: string };

/** If the schedd rotates the log meanwhile, the proof is tried again, so often at most. */
const attempts = 3;

/**
 * Finds out whether `path` is the log of this schedd.
 *
 * With `mayWrite` the proof is a record that nobody else can have written: the
 * schedd is asked to delete an attribute with a random name from one of its
 * jobs. No job has the attribute, so nothing changes; but the schedd writes the
 * record durably, and it has to appear in this file. Without `mayWrite` the file
 * has to hold the GlobalJobId that the schedd tells of one of its jobs, which
 * also carries the schedd's name.
 *
 * The schedd is asked for a job, unless the caller knows one: `job`.
 *
 * Throws a CedarError or ScheddError when the schedd cannot be asked.
 */
export async function proveLog(
  schedd: Schedd,
  path: string,
  options: { readonly mayWrite: boolean; readonly job?: JobId },
): Promise<LogProof> {
  // The job may have left the queue meanwhile. Then another one is asked for.
  if (options.job !== undefined && options.mayWrite) {
    const shown = await showsOurRecord(schedd, path, options.job);
    if (shown === "proven") return { kind: "proven" };
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    const job = await anyJob(schedd);
    if (job === undefined) return { kind: "empty" };
    const proven = options.mayWrite
      ? await showsOurRecord(schedd, path, job)
      : holdsGlobalJobId(path, job);
    if (proven === "proven") return { kind: "proven" };
    if (proven !== "again") return { kind: "unproven", reason: proven };
  }
  return { kind: "unproven", reason: "it changes all the time" };
}

/** One of the schedd's jobs. */
interface KnownJob extends JobId {
  readonly globalJobId: string | undefined;
}

async function anyJob(schedd: Schedd): Promise<KnownJob | undefined> {
  const ads = schedd.queryJobs({
    constraint: "true",
    projection: ["ClusterId", "ProcId", "GlobalJobId"],
    limit: 1,
  });
  for await (const ad of ads) {
    const cluster = ad.integer("ClusterId");
    const proc = ad.integer("ProcId");
    if (cluster === undefined || proc === undefined) continue;
    return { cluster, proc, globalJobId: ad.string("GlobalJobId") };
  }
  return undefined;
}

const notThere = "what the schedd writes does not appear in it";

/** Returns "proven", "again" when the log was rotated meanwhile, or the reason. */
async function showsOurRecord(
  schedd: Schedd,
  path: string,
  job: JobId,
): Promise<string> {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const attribute = `LumberjackProof_${nonce}`;
  using file = Deno.openSync(path, { read: true });
  const before = file.statSync();
  const refused = await writeRecord(schedd, job, attribute);
  if (refused !== undefined) return refused;
  const record = `104 ${job.cluster}.${job.proc} ${attribute}`;
  if (contains(file, before.size, record)) return "proven";
  const now = statOf(path);
  return now?.ino === before.ino && now?.dev === before.dev
    ? notThere
    : "again";
}

/** Returns why the schedd did not write the record, if it did not. */
async function writeRecord(
  schedd: Schedd,
  job: JobId,
  attribute: string,
): Promise<string | undefined> {
  using queue = await schedd.manageQueue("write");
  try {
    queue.deleteAttribute(job, attribute);
    await queue.commit();
    await queue.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof ScheddError || error instanceof CedarError)) {
      throw error;
    }
    return `the schedd lets us write nothing that could prove it (${error.message})`;
  }
}

function holdsGlobalJobId(path: string, job: KnownJob): string {
  if (job.globalJobId === undefined) return "a job has no GlobalJobId";
  using file = Deno.openSync(path, { read: true });
  const id = `${job.cluster}.${job.proc}`;
  const record = `103 ${id} GlobalJobId ${quote(job.globalJobId)}`;
  return contains(file, 0, record)
    ? "proven"
    : `it does not have the schedd's job ${id} (${job.globalJobId})`;
}

const pieceLength = 4 * 1024 * 1024;

/** Returns whether `text` is a line of the file after the byte `from`. */
function contains(file: Deno.FsFile, from: number, text: string): boolean {
  const line = new TextEncoder().encode(`\n${text}\n`);
  // The line before may have ended just where we begin.
  const overlap = line.length;
  file.seekSync(Math.max(0, from - 1), Deno.SeekMode.Start);
  const buffer = new Uint8Array(overlap + pieceLength);
  let kept = 0;
  for (;;) {
    const count = file.readSync(buffer.subarray(kept));
    if (count === null) return false;
    const length = kept + count;
    const data = Buffer.from(buffer.buffer, 0, length);
    if (data.indexOf(line) >= 0) return true;
    kept = Math.min(overlap, length);
    buffer.copyWithin(0, length - kept, length);
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Makes the jobs, inputs and outputs of the benchmark of files.
 *
 * @module
 */
import { join } from "@std/path";
import { QueueLogWriter } from "../../lib/queue_log/mod.ts";
import { jobSpoolDirectory } from "../../lib/lumberjack/job/spool_path.ts";
import type { JobId } from "../../lib/lumberjack/job/id.ts";

/** How many jobs there are, and which files they have. */
export interface Jobs {
  readonly jobs: number;
  /** All of them name all of these. */
  readonly inputs: number;
  /** The size of all inputs, in MB. */
  readonly megabytes: number;
  /** How many files each job leaves. */
  readonly outputs: number;
  /** The size of one of these, in bytes. */
  readonly outputBytes: number;
  /** Whose jobs they are. */
  readonly owner: string;
}

/** Jobs of one cluster. */
const procs = 10;

/**
 * Makes the inputs from random bytes, which neither a file system nor zstd can
 * compress.
 */
export function makeInputs(home: string, { inputs, megabytes }: Jobs): void {
  const size = Math.floor(megabytes * 1e6 / inputs);
  for (let input = 0; input < inputs; input++) {
    writeRandom(join(home, `in.${input}`), size);
  }
  Deno.writeTextFileSync(join(home, "run"), "#!/bin/sh\n", { mode: 0o755 });
}

/** Makes what the jobs leave in their folders of SPOOL. */
export function makeOutputs(spool: string, jobs: Jobs): void {
  for (const job of ids(jobs)) {
    const folder = jobSpoolDirectory(spool, job);
    for (const name of outputNames(job, jobs)) {
      writeRandom(join(folder, name), jobs.outputBytes);
    }
  }
}

/** Makes the queue: clusters of ten jobs. Each job names all inputs. */
export function makeQueue(path: string, home: string, jobs: Jobs): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const writer = new QueueLogWriter(file);
  const inputs = Array.from({ length: jobs.inputs }, (_, at) => `in.${at}`);
  writer.historical(1, 1_700_000_000);
  writer.newAd("0.0", "Job", "Machine");
  writer.set("0.0", "NextClusterNum", `${jobs.jobs}`);
  for (const job of ids(jobs)) {
    const { cluster, proc } = job;
    const put = (key: string, attributes: Record<string, unknown>) => {
      writer.newAd(key, "Job", "Machine");
      for (const [name, value] of Object.entries(attributes)) {
        writer.set(key, name, `${value}`);
      }
    };
    if (proc === 0) {
      put(`0${cluster}.-1`, {
        ...{ ClusterId: cluster, JobUniverse: 5, CurrentHosts: 0 },
        ...{ Owner: `"${jobs.owner}"`, User: `"${jobs.owner}@test"` },
        ...{ Iwd: `"${home}"`, Cmd: '"run"', TransferInput: `"${inputs}"` },
        ...{ Out: '"/dev/null"', ShouldTransferFiles: '"YES"' },
      });
    }
    put(`${cluster}.${proc}`, {
      ...{ ProcId: proc, JobStatus: 1 },
      GlobalJobId: `"bench#${cluster}.${proc}#1700000000"`,
      TransferOutput: `"${outputNames(job, jobs)}"`,
    });
  }
  writer.flush();
}

/** Adds to an exported log what a schedd writes when its jobs end. */
export function endJobs(log: string, jobs: Jobs): void {
  const records: string[] = [];
  for (const { cluster, proc } of ids(jobs)) {
    const set = (name: string, value: string) =>
      records.push(`103 ${cluster}.${proc} ${name} ${value}\n`);
    set("JobStatus", "4");
    set("ExitCode", "0");
    set("ExitBySignal", "false");
    set("CompletionDate", "1700000500");
  }
  Deno.writeTextFileSync(log, records.join(""), { append: true });
}

function* ids({ jobs }: Jobs): Generator<JobId> {
  for (let job = 0; job < jobs; job++) {
    yield { cluster: Math.floor(job / procs) + 1, proc: job % procs };
  }
}

function outputNames({ cluster, proc }: JobId, { outputs }: Jobs): string[] {
  return Array.from(
    { length: outputs },
    (_, at) => `out.${cluster}.${proc}.${at}`,
  );
}

const piece = new Uint8Array(65536);

function writeRandom(path: string, size: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  for (let left = size; left > 0; left -= piece.length) {
    const part = piece.subarray(0, left);
    crypto.getRandomValues(part);
    file.writeSync(part);
  }
}

/**
 * A small campaign: the jobs' home, their queue, an export, and what came back of
 * it. Every run of a verb starts from a copy of this.
 *
 * @module
 */
import { jobFolder } from "../../../lib/lumberjack/files/return/returned_jobs.ts";
import { type Attributes, queueLog, returnedLog } from "../queue_fixture.ts";

/** Who runs the program, and who owns the jobs. */
export interface Identity {
  /** The name of the jobs' owner. */
  readonly owner: string;
  /** Whether root runs the program, and a child process acts as the owner. */
  readonly root: boolean;
}

/** SPOOL of the schedd that would run the jobs. */
export const remoteSpool = "/hpc/spool";

const procs = [0, 1, 2];

/** Makes the jobs' home and their queue in `folder`. */
export function makeHome(folder: string, { owner }: Identity): void {
  const home = `${folder}/home`;
  Deno.mkdirSync(`${home}/data/sub`, { recursive: true });
  write(`${home}/run`, "#!/bin/sh\n", 0o755);
  write(`${home}/in.0`, "0\n".repeat(50_000));
  write(`${home}/in.1`, "1\n", 0o640);
  write(`${home}/data/a`, "a\n".repeat(400));
  write(`${home}/data/sub/b`, "b\n", 0o444);
  write(`${home}/job.log`, procs.map((proc) => submitted(proc)).join(""));
  // A result of an earlier run, which is replaced.
  write(`${home}/o.1`, "earlier\n", 0o600);
  Deno.mkdirSync(`${folder}/out`);
  Deno.mkdirSync(`${folder}/other`);
  const attributes: Attributes = {
    Owner: `"${owner}"`,
    User: `"${owner}@test"`,
    Iwd: JSON.stringify(home),
    Cmd: '"run"',
    In: '"in.1"',
    TransferInput: '"in.0,data"',
    ShouldTransferFiles: '"YES"',
    WhenToTransferOutput: '"ON_EXIT"',
    StreamOut: "false",
    StreamErr: "false",
    TransferOutput: '"o,d"',
  };
  const jobs = procs.map((proc): Attributes => ({
    Out: `"out.${proc}"`,
    Err: `"err/err.${proc}"`,
    TransferOutputRemaps: `"o=o.${proc};d=d.${proc}"`,
    ...(proc < 2 ? { UserLog: '"job.log"' } : {}),
  }));
  const log = queueLog([{ cluster: 1, attributes, procs: jobs }]);
  Deno.writeFileSync(`${folder}/queue.log`, log);
}

/**
 * Plays the remote site: makes `returned` of the staged export in `out`, with the
 * jobs' outputs and events.
 */
export async function runAway(folder: string): Promise<void> {
  const { out, returned } = {
    out: `${folder}/out`,
    returned: `${folder}/returned`,
  };
  await run("cp", "-a", out, returned);
  Deno.removeSync(`${returned}/SHA256SUMS`);
  const ended = (code: number): Attributes => ({
    JobStatus: "4",
    ExitCode: String(code),
    ExitBySignal: "false",
    CompletionDate: "1700000500",
    EnteredCurrentStatus: "1700000500",
  });
  const log = returnedLog(`${out}/job_queue.log`, {
    "1.0": ended(0),
    "1.1": ended(1),
    "1.2": ended(0),
  });
  Deno.writeFileSync(`${returned}/job_queue.log`, log);
  const [exportId] = [...Deno.readDirSync(`${returned}/lumberjack`)]
    .map(({ name }) => name);
  for (const proc of procs) {
    const job = `${returned}/${jobFolder({ cluster: 1, proc })}`;
    write(`${job}/_condor_stdout`, `output of ${proc}\n`);
    write(`${job}/_condor_stderr`, "");
    write(`${job}/o`, `${proc}\n`.repeat(60_000), 0o775);
    Deno.mkdirSync(`${job}/d/e`, { recursive: true });
    write(`${job}/d/x`, `x${proc}\n`);
    write(`${job}/d/e/y`, `y${proc}\n`, 0o444);
    if (proc === 2) continue;
    const logs = `${returned}/lumberjack/${exportId}/logs`;
    Deno.mkdirSync(logs, { recursive: true });
    write(`${logs}/1.${proc}.log`, remoteEvents(proc));
  }
}

function write(path: string, text: string, mode = 0o644): void {
  Deno.writeTextFileSync(path, text);
  Deno.chmodSync(path, mode);
}

const submitted = (proc: number) =>
  `000 (001.00${proc}.000) 2023-11-14 22:13:20 Job submitted from host: <127.0.0.1>\n...\n`;

function remoteEvents(proc: number): string {
  const usage = ["Run Remote", "Run Local", "Total Remote", "Total Local"]
    .map((which) => `\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  ${which} Usage\n`)
    .join("");
  const bytes = ["Run", "Run", "Total", "Total"].map((which, at) =>
    `\t0  -  ${which} Bytes ${at % 2 ? "Received" : "Sent"} By Job\n`
  ).join("");
  const id = `(001.00${proc}.000)`;
  return `000 ${id} 2023-11-14 22:20:00 Job submitted from host: <5.6.7.8>\n...\n` +
    `001 ${id} 2023-11-14 22:21:00 Job executing on host: <5.6.7.8>\n...\n` +
    `005 ${id} 2023-11-14 22:21:40 Job terminated.\n` +
    `\t(1) Normal termination (return value ${proc})\n${usage}${bytes}...\n`;
}

/** Makes a user log that has lost what followed after the jobs were submitted. */
export function loseEnds(folder: string): void {
  write(
    `${folder}/home/lost.log`,
    procs.map((proc) => submitted(proc)).join(""),
  );
}

/** Returns how many terminal events a job has in a user log at home. */
export function terminalEvents(
  folder: string,
  proc: number,
  name = "job.log",
): number {
  const log = Deno.readTextFileSync(`${folder}/home/${name}`);
  return log.split(`005 (001.00${proc}.000)`).length - 1;
}

/** The jobs that have a user log. */
export const logged = procs.slice(0, 2);

/** Runs a program. Throws if it fails. */
export async function run(...words: string[]): Promise<void> {
  const [program, ...args] = words;
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  if (success) return;
  throw new Error(`${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

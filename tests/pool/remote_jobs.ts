/**
 * Exports without a pool at home: the queue log is made here.
 *
 * @module
 */
import { type Attributes, queueLog } from "../lumberjack/queue_fixture.ts";
import { CommandError, type Machine, type Output } from "./harness/mod.ts";

/** The bundle of {@linkcode exportJobs}. */
export const bundle = "/var/tmp/export.tar.gz";

/** What condor_submit writes into a job that runs `sh -c`. */
const submitted: Attributes = {
  ...{ Cmd: '"/bin/sh"', TransferExecutable: "false", Environment: '""' },
  ...{ In: '"/dev/null"', Out: '"out"', Err: '"err"', StreamOut: "false" },
  ...{ StreamErr: "false", TransferIn: "false", Rank: "0.0" },
  ...{ User: '"alice@home.test"', QDate: "1795355425", JobPrio: "0" },
  ...{ MaxHosts: "1", MinHosts: "1", NumCkpts: "0", NumJobStarts: "0" },
  ...{ NumRestarts: "0", RequestCpus: "1", RequestMemory: "16" },
  ...{ RequestDisk: "1", DiskUsage: "1", ImageSize: "100", ExitStatus: "0" },
  ...{ Requirements: "TARGET.HasFileTransfer", LeaveJobInQueue: "false" },
  ...{ JobLeaseDuration: "2400", NumJobCompletions: "0", JobNotification: "0" },
  ...{ ShouldTransferFiles: '"YES"', WhenToTransferOutput: '"ON_EXIT"' },
  ...{ RemoteWallClockTime: "0.0", EnteredCurrentStatus: "1795355425" },
  ...{ UserLog: '"/home/alice/job.log"', TotalSubmitProcs: "1" },
};

/**
 * Exports `count` jobs of alice into {@linkcode bundle}. Each job runs `script`,
 * in which `$1` is the job's number. `own` gives what only one job has.
 */
export async function exportJobs(
  machine: Machine,
  count: number,
  script: string,
  attributes: Attributes = {},
  own: (n: number) => Attributes = () => ({}),
): Promise<string> {
  // The new form of arguments: in single quotes, which are doubled inside.
  const word = script.replaceAll("'", "''");
  const procs = Array.from({ length: count }, (_, n) => ({
    Arguments: JSON.stringify(`-c '${word}' sh ${n}`),
    Out: `"out.${n}"`,
    Err: `"err.${n}"`,
    ...own(n),
  }));
  const log = queueLog([
    { cluster: 1, attributes: { ...submitted, ...attributes }, procs },
  ]);
  await machine.write("/var/tmp/queue.log", log.slice());
  const command = [
    ...["lumberjack", "export", "--queue", "/var/tmp/queue.log", "--json"],
    ...["--constraint", "true", "--bundle", bundle],
    ...["--remote-spool", "/planned", "--present-there", "/bin"],
  ];
  await machine.sh(`rm -rf ${bundle}* /var/tmp/queue.log.lumberjack`);
  const output = await machine.try(command, { timeout: 360 });
  if (output.code !== 0) throw new CommandError(command, "root", output);
  await machine.run(["chmod", "644", bundle]);
  return JSON.parse(output.stdout).exports[0].exportId;
}

/** Runs the jobs of {@linkcode bundle} as bob, in two slots. */
export function runExport(
  machine: Machine,
  spool: string,
  ...more: string[]
): Promise<Output> {
  return machine.try([
    ...["lumberjack", "remote", "run", "--in", bundle, "--spool", spool],
    ...["--cpus", "2", "--memory", "512", "--json", ...more],
  ], { user: "bob", timeout: 360 });
}

/**
 * Returns how many jobs of a spool have each state, or undefined without a
 * queue.
 */
export async function countsOf(
  machine: Machine,
  spool: string,
): Promise<Record<string, number> | undefined> {
  const { code, stdout } = await machine.try(
    ["lumberjack", "remote", "status", "--spool", spool, "--json"],
    { user: "bob" },
  );
  return code === 0 ? JSON.parse(stdout).counts : undefined;
}

/** Returns the execute events of a spool's jobs, one for each start. */
export function startsOf(machine: Machine, spool: string): Promise<string[]> {
  return eventsOf(machine, spool, "001");
}

/** Returns the terminated events of a spool's jobs. */
export function endsOf(machine: Machine, spool: string): Promise<string[]> {
  return eventsOf(machine, spool, "005");
}

async function eventsOf(
  machine: Machine,
  spool: string,
  number: string,
): Promise<string[]> {
  const { stdout } = await machine.try([
    ...["sh", "-c", `cat ${spool}/lumberjack/*/logs/*.log | grep '^${number}'`],
  ]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Returns the ends of HTCondor's logs, for the message of a failure. */
export async function logsOf(machine: Machine, spool: string): Promise<string> {
  const { stdout } = await machine.try([
    ...["sh", "-c"],
    `tail -n 30 ${spool}/lumberjack/pool/log/*Log* ` +
    `${spool}/lumberjack/pool/workers/*/log/*Log*`,
  ]);
  return stdout;
}

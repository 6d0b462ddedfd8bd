/**
 * An export of one trivial job, to try a machine with.
 *
 * @module
 */
import { join } from "@std/path";
import { DurableFile, QueueLogWriter } from "../../../queue_log/mod.ts";
import {
  newExportId,
  queueLogName,
  sha256OfFile,
  writeManifest,
} from "../../export_dir/manifest.ts";
import { exportIdAttribute } from "../../job/lock.ts";
import { jobSpoolDirectory } from "../../job/spool_path.ts";
import { version } from "../../version.ts";

/** The user whose job it is. Nobody has to have this name. */
const owner = "lumberjack";

/** Writes the export into an empty folder, for a spool. Returns its id. */
export function writeTrialExport(folder: string, spool: string): string {
  const exportId = newExportId(new Date());
  const path = join(folder, queueLogName);
  writeLog(path, { exportId, spool });
  writeManifest(folder, {
    exportId,
    createdAt: new Date().toISOString(),
    lumberjackVersion: version,
    schedd: "trial",
    owner,
    constraint: null,
    remoteSpool: spool,
    clusters: [1],
    jobs: 1,
    sha256: sha256OfFile(path),
    state: "written",
    skipped: [],
  });
  return exportId;
}

function writeLog(
  path: string,
  { exportId, spool }: { exportId: string; spool: string },
): void {
  const now = Math.floor(Date.now() / 1000);
  const job = { cluster: 1, proc: 0 };
  const text = (value: string) => JSON.stringify(value);
  const cluster: Record<string, string> = {
    ClusterId: "1",
    Owner: text(owner),
    User: text(`${owner}@trial`),
    GlobalJobId: text(`trial#1.0#${now}`),
    JobUniverse: "5",
    Cmd: text("/bin/sh"),
    Arguments: text("-c 'echo ran'"),
    TransferExecutable: "false",
    In: text("/dev/null"),
    Out: text("out"),
    Err: text("err"),
    Iwd: text(jobSpoolDirectory(spool, job)),
    ShouldTransferFiles: text("YES"),
    WhenToTransferOutput: text("ON_EXIT"),
    RequestCpus: "1",
    RequestMemory: "16",
    RequestDisk: "1",
    Requirements: "true",
    Rank: "0.0",
    LeaveJobInQueue: "true",
    AllowedJobDuration: "60",
    QDate: String(now),
    EnteredCurrentStatus: String(now),
    ImageSize: "1",
    DiskUsage: "1",
    MaxHosts: "1",
    MinHosts: "1",
    CurrentHosts: "0",
    NumCkpts: "0",
    NumRestarts: "0",
    NumJobStarts: "0",
    JobPrio: "0",
    JobNotification: "0",
    ExitBySignal: "false",
    ExitStatus: "0",
    CompletionDate: "0",
    RemoteWallClockTime: "0.0",
  };
  using file = new DurableFile(path, { mode: 0o600 });
  const writer = new QueueLogWriter(file);
  writer.historical(1, now);
  writer.newAd("0.0", "Job", "Machine");
  writer.set("0.0", "NextClusterNum", "2");
  writer.newAd("01.-1", "Job", "Machine");
  for (const [name, value] of Object.entries(cluster)) {
    writer.set("01.-1", name, value);
  }
  writer.newAd("1.0", "Job", "Machine");
  writer.set("1.0", "ProcId", "0");
  writer.set("1.0", "JobStatus", "1");
  writer.set("1.0", exportIdAttribute, text(exportId));
  writer.flush();
  file.commit({ replace: false });
}

/**
 * A staged export that has run elsewhere, for tests without HTCondor: a queue
 * whose jobs are away, and a returned spool that the test fills.
 *
 * @module
 */
import { dirname } from "@std/path";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import type { ManifestFiles } from "../../../lib/lumberjack/export_dir/manifest_files.ts";
import {
  type Manifest,
  updateManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import { InProcessCaller } from "../../../lib/lumberjack/files/owner/in_process.ts";
import { ownerServices } from "../../../lib/lumberjack/files/owner/services.ts";
import { jobFolder } from "../../../lib/lumberjack/files/return/returned_jobs.ts";
import {
  importJobs,
  type ImportRequest,
} from "../../../lib/lumberjack/import/import.ts";
import type { ImportResult } from "../../../lib/lumberjack/import/result.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import type { JobQueue } from "../../../lib/lumberjack/queue/job_queue.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import {
  adsOf,
  type Attributes,
  Folder,
  queueLog,
  returnedLog,
} from "../queue_fixture.ts";

/** The attributes of a job that has completed with exit code 0. */
export const completed: Attributes = {
  JobStatus: "4",
  ExitCode: "0",
  ExitBySignal: "false",
  CompletionDate: "1700000500",
};

const files: ManifestFiles = {
  mode: "stage",
  presentThere: [],
  set: [{ name: "Requirements", value: "true" }],
  deleted: ["Rank"],
  credentials: false,
  rewritten: ["Cmd", "Err", "In", "Iwd", "Out", "TransferInput", "UserLog"],
  inputs: 0,
  count: 0,
  bytes: 0,
};

/** Jobs of cluster 1 that are away, and their returned log and files. */
export class Away implements Disposable {
  readonly folder = new Folder();
  /** The jobs' Iwd at home. */
  readonly home: string;
  /** The returned spool. */
  readonly returned: string;
  /** The id of the export. */
  exportId = "";

  private constructor() {
    this.home = this.folder.mkdir("home");
    this.returned = this.folder.mkdir("returned");
  }

  /** Exports one job for each of `procs`. A job may have an Iwd of its own. */
  static async with(...procs: readonly Attributes[]): Promise<Away> {
    const away = new Away();
    const { folder } = away;
    const attributes = {
      Iwd: JSON.stringify(away.home),
      ShouldTransferFiles: '"YES"',
      Out: '"out"',
      StreamOut: "false",
    };
    const log = queueLog([{ cluster: 1, attributes, procs }]);
    const queue = FileJobQueue.open(folder.write("queue.log", log), {
      queueOut: folder.join("away.log"),
    });
    const { exports } = await exportJobs(queue, {
      selection: new Selection({ constraint: "true" }),
      out: folder.mkdir("out"),
      remoteSpool: "/hpc/spool",
    });
    await queue.close();
    away.exportId = exports[0].exportId;
    updateManifest(folder.join("out"), away.exportId, { files });
    return away;
  }

  /** Writes a file into a job's folder in the returned spool. */
  left(proc: number, path: string, text: string, mode = 0o644): string {
    const job = jobFolder({ cluster: 1, proc });
    const full = `${this.returned}/${job}/${path}`;
    Deno.mkdirSync(dirname(full), { recursive: true });
    Deno.writeTextFileSync(full, text);
    Deno.chmodSync(full, mode);
    return full;
  }

  /** Writes the returned log: the exported log with these changes of jobs. */
  log(changes: Readonly<Record<string, Attributes>>): void {
    const log = returnedLog(this.folder.join("out/job_queue.log"), changes);
    Deno.writeFileSync(`${this.returned}/job_queue.log`, log);
  }

  /** Removes a job from the returned log. */
  drop(id: string): void {
    const path = `${this.returned}/job_queue.log`;
    const lines = Deno.readTextFileSync(path).split("\n");
    const kept = lines.filter((line) => line.split(" ")[1] !== id);
    Deno.writeTextFileSync(path, kept.join("\n"));
  }

  /**
   * Lets only the first job name the export's folder, as an export from a running
   * schedd does.
   */
  nameOnce(): void {
    const path = this.folder.join("away.log");
    const lines = Deno.readTextFileSync(path).split("\n");
    const kept = lines.filter((line) =>
      !/^103 1\.[1-9]\d* LumberjackExportDir /.test(line)
    );
    Deno.writeTextFileSync(path, kept.join("\n"));
  }

  /** Writes the returned manifest: the exported one with these changes. */
  manifest(fields: Partial<Manifest>): void {
    const path = this.folder.join("out/manifest.json");
    const text = JSON.stringify({
      ...JSON.parse(Deno.readTextFileSync(path)),
      ...fields,
    });
    Deno.writeTextFileSync(`${this.returned}/manifest.json`, text);
  }

  /** Imports the returned spool as it is now. */
  async import(
    request: Partial<ImportRequest> = {},
    wrapped: (queue: JobQueue) => JobQueue = (queue) => queue,
  ): Promise<ImportResult> {
    const queue = FileJobQueue.open(this.folder.join("away.log"), {
      queueOut: this.folder.join("home.log"),
      replace: true,
    });
    try {
      return await importJobs(wrapped(queue), {
        in: this.returned,
        ...request,
        files: { owner: new InProcessCaller(ownerServices), ...request.files },
      });
    } finally {
      await queue.close();
    }
  }

  /**
   * Makes the queue that the last import wrote the queue of the next import.
   */
  settle(): void {
    Deno.renameSync(this.folder.join("home.log"), this.folder.join("away.log"));
  }

  /** Returns the text of a file in the jobs' home. */
  text(path: string): string {
    return Deno.readTextFileSync(`${this.home}/${path}`);
  }

  /** Returns every path below the jobs' home. */
  list(): string[] {
    return this.folder.list("home").map((path) => path.slice("home/".length));
  }

  /** Returns a job's attributes in one of the queue logs. */
  job(proc: number, queueLog = "home.log"): Record<string, string> {
    return adsOf(this.folder.join(queueLog))[`1.${proc}`];
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

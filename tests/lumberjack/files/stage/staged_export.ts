/**
 * Exports with files from a queue file, for tests without HTCondor.
 *
 * @module
 */
import { userInfo } from "node:os";
import {
  exportJobs,
  type ExportRequest,
  type ExportResult,
} from "../../../../lib/lumberjack/export/export.ts";
import { Selection } from "../../../../lib/lumberjack/job/selection.ts";
import { FileJobQueue } from "../../../../lib/lumberjack/queue/file/job_queue.ts";
import { FileStaging } from "../../../../lib/lumberjack/files/stage/file_staging.ts";
import type { StageOptions } from "../../../../lib/lumberjack/files/stage/stage_options.ts";
import {
  type Attributes,
  type ClusterFixture,
  Folder,
  queueLog,
} from "../../queue_fixture.ts";

/** The SPOOL of the remote side. */
export const remoteSpool = "/hpc/spool";

/** A temporary folder: the jobs' home, a queue and a folder for the export. */
export class StagedHome implements Disposable {
  readonly folder = new Folder();
  readonly home = this.folder.mkdir("home");
  readonly out = this.folder.mkdir("out");

  /**
   * Writes a file below the jobs' home, and makes the folders that it needs.
   */
  write(name: string, text = `${name}\n`, mode = 0o644): string {
    const path = `${this.home}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
    return path;
  }

  /**
   * Writes the queue. The user who runs the test owns the jobs and their files.
   */
  queue(...clusters: { attributes?: Attributes; procs?: Attributes[] }[]) {
    const owned: ClusterFixture[] = clusters.map((fixture, at) => ({
      cluster: at + 1,
      procs: fixture.procs ?? [{}],
      attributes: {
        Owner: `"${userInfo().username}"`,
        Iwd: `"${this.home}"`,
        Cmd: '"run"',
        ...fixture.attributes,
      },
    }));
    this.folder.write("queue.log", queueLog(owned));
  }

  /** Exports all jobs. */
  async export(
    options: Partial<StageOptions> = {},
    request: Partial<ExportRequest> = {},
  ): Promise<ExportResult> {
    await using staging = new FileStaging({ mode: "stage", ...options });
    const queue = FileJobQueue.open(this.folder.join("queue.log"), {
      queueOut: this.folder.join("after.log"),
    });
    try {
      return await exportJobs(queue, {
        selection: new Selection({ constraint: "true" }),
        out: this.out,
        remoteSpool,
        staging,
        ...request,
      });
    } finally {
      await queue.close();
    }
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

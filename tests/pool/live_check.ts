/**
 * Inside a pool's machine: the jobs of one user, a folder that they are
 * exported to, and what must hold between the two whatever was interrupted.
 * For live_cuts.ts and live_kill.ts.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { QueueTable, verify } from "../../lib/queue_log/mod.ts";
import {
  type CondorConfig,
  loadConfig,
  readAddressFile,
  Schedd,
  type ScheddLocation,
  securityOf,
} from "../../lib/condor/mod.ts";
import { LumberjackError } from "../../lib/lumberjack/error.ts";
import { exportJobs } from "../../lib/lumberjack/export/export.ts";
import { importJobs } from "../../lib/lumberjack/import/import.ts";
import type { ImportResult } from "../../lib/lumberjack/import/result.ts";
import { readManifest } from "../../lib/lumberjack/export_dir/manifest.ts";
import { recover } from "../../lib/lumberjack/export/recover.ts";
import { readableLog } from "../../lib/lumberjack/queue/schedd/open.ts";
import { ScheddJobQueue } from "../../lib/lumberjack/queue/schedd/job_queue.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";
import { unexportJobs } from "../../lib/lumberjack/export/unexport.ts";

/** What the schedd says of a job. */
export interface Job {
  readonly id: string;
  readonly locked: boolean;
  /** CommittedTime, by which results are known. */
  readonly time: number | undefined;
}

/** A user's jobs, and the export of them. Collects what is wrong. */
export class ExportCheck {
  readonly user: string;
  /** Where the exports go; empty at the start of each. */
  readonly folder: string = Deno.makeTempDirSync();
  /** All jobs of the user. */
  readonly selection: Selection;
  /** What was wrong, and after what. */
  readonly problems: string[] = [];
  /** What `recover` did, counted. */
  readonly actions: Record<string, number> = {};
  readonly #config: CondorConfig;
  #rounds = 0;

  private constructor(config: CondorConfig, user: string) {
    this.#config = config;
    this.user = user;
    this.selection = new Selection({ constraint: `Owner == "${user}"` });
  }

  /** Looks for the schedd of this machine. */
  static async open(user: string): Promise<ExportCheck> {
    return new ExportCheck(await loadConfig(), user);
  }

  /** Where the schedd is: elsewhere after a restart. */
  get location(): ScheddLocation {
    return readAddressFile(this.#config)!;
  }

  /** The schedd itself, nothing in between. */
  get schedd(): Schedd {
    return new Schedd(this.location, securityOf(this.#config));
  }

  /** Waits until the schedd is through with the connection before, or is back. */
  async answers(): Promise<void> {
    const end = performance.now() + 60_000;
    for (;;) {
      try {
        await this.schedd.hello("WRITE");
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Opens the queue, at `address` when something stands in between. */
  async withQueue<T>(
    work: (queue: ScheddJobQueue) => Promise<T>,
    address: string = this.location.address,
  ): Promise<T> {
    const schedd = new Schedd(
      { ...this.location, address },
      securityOf(this.#config),
    );
    const log = readableLog(this.#config.get("JOB_QUEUE_LOG"));
    const queue = new ScheddJobQueue(schedd, log);
    try {
      return await work(queue);
    } finally {
      await queue.close();
    }
  }

  /** All jobs of the user, as the schedd answers a query. */
  async jobs(): Promise<Job[]> {
    const found: Job[] = [];
    for await (
      const ad of this.schedd.queryJobs({
        constraint: `Owner == "${this.user}"`,
        projection: ["ClusterId", "ProcId", "Managed", "CommittedTime"],
      })
    ) {
      found.push({
        id: `${ad.integer("ClusterId")}.${ad.integer("ProcId")}`,
        locked: ad.string("Managed") === "External",
        time: ad.integer("CommittedTime"),
      });
    }
    return found;
  }

  /** The jobs that are locked, sorted. */
  async locked(): Promise<string[]> {
    return (await this.jobs()).filter((j) => j.locked).map((j) => j.id).sort();
  }

  /** The jobs in the exported log; undefined without one. */
  exported(): string[] | undefined {
    try {
      using table = QueueTable.open(`${this.folder}/job_queue.log`);
      return [...table.procs()].map((ad) => `${ad.cluster}.${ad.proc}`).sort();
    } catch (error) {
      if (!this.#has("job_queue.log")) return undefined;
      throw error;
    }
  }

  /** Says that something is wrong. */
  wrong(when: string, what: string): void {
    this.problems.push(`${when}: ${what}`);
  }

  /**
   * What has its final name is whole, whatever was interrupted: a log that
   * verifies and whose jobs are locked, a manifest that can be read.
   */
  requireWhole(when: string): void {
    let state: string | undefined;
    try {
      state = readManifest(this.folder)?.state;
    } catch (error) {
      this.wrong(when, `manifest.json: ${(error as Error).message}`);
    }
    if (!this.#has("job_queue.log")) {
      if (state === "written") this.wrong(when, "written, and no log");
      return;
    }
    const { ok, problems } = verify(`${this.folder}/job_queue.log`);
    if (!ok) this.wrong(when, `job_queue.log: ${JSON.stringify(problems[0])}`);
    if (state === undefined) this.wrong(when, "a log without manifest");
  }

  /** A job is locked if and only if it is in an export, which is complete. */
  async requireConsistent(when: string): Promise<void> {
    this.requireWhole(when);
    const locked = await this.locked();
    const away = this.exported() ?? [];
    if (locked.join() !== away.join()) {
      this.wrong(when, `locked ${locked.join()}, exported ${away.join()}`);
    }
    const manifest = readManifest(this.folder);
    if (locked.length === 0 || away.length === 0) return;
    if (manifest?.state !== "written" || manifest.jobs !== away.length) {
      this.wrong(when, `manifest ${manifest?.state}, ${manifest?.jobs} jobs`);
    }
    const log = Deno.readFileSync(`${this.folder}/job_queue.log`);
    const sha256 = createHash("sha256").update(log).digest("hex");
    if (manifest?.sha256 !== sha256) this.wrong(when, "sha256 of another log");
  }

  /** Recovers as the verb does, after the schedd has ended the earlier connection. */
  async recover(undo: boolean): Promise<void> {
    await this.answers();
    await this.withQueue(async (queue) => {
      for (const { action } of await recover(queue, { undo })) {
        this.actions[action] = (this.actions[action] ?? 0) + 1;
      }
    });
  }

  /** Recovers; then a job is locked if and only if it is in an export. */
  async recovered(when: string, undo: boolean): Promise<void> {
    await this.recover(undo);
    await this.requireConsistent(when);
  }

  /** Exports into the folder; returns the number of exports. */
  async export(address?: string): Promise<number> {
    const { exports } = await this.withQueue((queue) =>
      exportJobs(queue, {
        selection: this.selection,
        out: this.folder,
        remoteSpool: "/remote/spool",
      }), address);
    return exports.length;
  }

  /**
   * Into a folder that has been used: an export works, or finds all jobs away,
   * or an error says what to do.
   */
  async exportedAgain(when: string): Promise<void> {
    await this.answers();
    try {
      const exports = await this.export();
      if (exports > 0) await this.requireConsistent(`${when}, again`);
    } catch (error) {
      const sane = error instanceof LumberjackError &&
        error.subject !== undefined && error.remedy !== undefined;
      if (!sane) this.wrong(when, `again: ${(error as Error).stack}`);
    }
  }

  /**
   * Leaves a log as if everything came back idle, with another CommittedTime
   * each time. Returns its path and that time.
   */
  returnedLog(): { path: string; time: number } {
    const path = `${this.folder}/returned.log`;
    const time = 5000 + this.#rounds++;
    const log = Deno.readTextFileSync(`${this.folder}/job_queue.log`);
    Deno.writeTextFileSync(
      path,
      log.replace(/^103 [1-9]\d*\.\d+ CommittedTime .*\n/gm, "")
        .replace(
          /^(103 [1-9]\d*\.\d+) ProcId .*$/gm,
          `$&\n$1 CommittedTime ${time}`,
        ),
    );
    return { path, time };
  }

  /** Imports a returned log. */
  import(path: string, address?: string): Promise<ImportResult> {
    return this.withQueue((queue) => importJobs(queue, { in: path }), address);
  }

  /** After an import that was interrupted: each job away as it was, or home. */
  async requireAwayOrHome(
    when: string,
    before: readonly Job[],
    newTime: number,
  ): Promise<void> {
    for (const { id, locked, time } of await this.jobs()) {
      const old = before.find((job) => job.id === id)!.time;
      if (time !== (locked ? old : newTime)) {
        this.wrong(when, `${id} locked ${locked}, CommittedTime ${time}`);
      }
    }
  }

  /** Imports again: everything is home then, and a third import is idle. */
  async importedAgain(
    when: string,
    path: string,
    newTime: number,
  ): Promise<void> {
    await this.import(path);
    for (const { id, locked, time } of await this.jobs()) {
      if (locked || time !== newTime) this.wrong(when, `${id} not home`);
    }
    const { merged } = await this.import(path);
    if (merged !== 0) this.wrong(when, "merged twice");
  }

  /** All jobs home and unlocked, the folder empty. */
  async reset(): Promise<void> {
    await this.withQueue(async (queue) => {
      await unexportJobs(queue, { selection: this.selection });
    });
    for (const entry of Deno.readDirSync(this.folder)) {
      Deno.removeSync(`${this.folder}/${entry.name}`);
    }
  }

  #has(name: string): boolean {
    try {
      return Deno.lstatSync(`${this.folder}/${name}`).isFile;
    } catch {
      return false;
    }
  }
}

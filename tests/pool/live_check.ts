/**
 * Checks a user's jobs and the folder to which they are exported, after any
 * interruption. Runs inside a pool's machine, for live_cuts.ts and live_kill.ts.
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

/** What the schedd answers about a job. */
export interface Job {
  readonly id: string;
  readonly locked: boolean;
  /** CommittedTime, by which the test recognizes results. */
  readonly time: number | undefined;
}

/** The jobs of a user and their export. Collects problems. */
export class ExportCheck {
  readonly user: string;
  /** The folder of the exports. It is empty at the start of each. */
  readonly folder: string = Deno.makeTempDirSync();
  /** All jobs of the user. */
  readonly selection: Selection;
  /** The problems, each with the operation that caused it. */
  readonly problems: string[] = [];
  /** The number of exports that `recover` handled, by its action. */
  readonly actions: Record<string, number> = {};
  readonly #config: CondorConfig;
  #rounds = 0;

  private constructor(config: CondorConfig, user: string) {
    this.#config = config;
    this.user = user;
    this.selection = new Selection({ constraint: `Owner == "${user}"` });
  }

  /** Reads the configuration of this machine. */
  static async open(user: string): Promise<ExportCheck> {
    return new ExportCheck(await loadConfig(), user);
  }

  /** The schedd's location. It changes when the schedd restarts. */
  get location(): ScheddLocation {
    return readAddressFile(this.#config)!;
  }

  /** The schedd itself, without a proxy. */
  get schedd(): Schedd {
    return new Schedd(this.location, securityOf(this.#config));
  }

  /** Waits until the schedd has ended the last connection, or has restarted. */
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

  /** Opens the queue and calls `work`. `address` may be that of a proxy. */
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

  /** Asks the schedd for all jobs of the user. */
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

  /** Returns the ids of the locked jobs, sorted. */
  async locked(): Promise<string[]> {
    return (await this.jobs()).filter((j) => j.locked).map((j) => j.id).sort();
  }

  /**
   * Returns the ids of the jobs in the exported log, or undefined if there is
   * no log.
   */
  exported(): string[] | undefined {
    try {
      using table = QueueTable.open(`${this.folder}/job_queue.log`);
      return [...table.procs()].map((ad) => `${ad.cluster}.${ad.proc}`).sort();
    } catch (error) {
      if (!this.#has("job_queue.log")) return undefined;
      throw error;
    }
  }

  /** Records a problem. */
  wrong(when: string, what: string): void {
    this.problems.push(`${when}: ${what}`);
  }

  /**
   * Checks that every file with its final name is complete, whatever was
   * interrupted. A log must be undamaged, and a manifest must be readable.
   */
  requireWhole(when: string): void {
    let state: string | undefined;
    try {
      state = readManifest(this.folder)?.state;
    } catch (error) {
      this.wrong(when, `manifest.json: ${(error as Error).message}`);
    }
    if (!this.#has("job_queue.log")) {
      if (state === "written") {
        this.wrong(when, "the manifest says written, but there is no log");
      }
      return;
    }
    const { ok, problems } = verify(`${this.folder}/job_queue.log`);
    if (!ok) this.wrong(when, `job_queue.log: ${JSON.stringify(problems[0])}`);
    if (state === undefined) {
      this.wrong(when, "there is a log without a manifest");
    }
  }

  /** Checks that a job is locked if and only if it is in a complete export. */
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
    if (manifest?.sha256 !== sha256) {
      this.wrong(when, "the manifest has the sha256 of another log");
    }
  }

  /**
   * Does what the verb `recover` does, after the schedd has ended the last
   * connection.
   */
  async recover(undo: boolean): Promise<void> {
    await this.answers();
    await this.withQueue(async (queue) => {
      for (const { action } of await recover(queue, { undo })) {
        this.actions[action] = (this.actions[action] ?? 0) + 1;
      }
    });
  }

  /**
   * Recovers, then checks that a job is locked if and only if it is in an
   * export.
   */
  async recovered(when: string, undo: boolean): Promise<void> {
    await this.recover(undo);
    await this.requireConsistent(when);
  }

  /** Exports into the folder. Returns the number of exports. */
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
   * Exports again into the used folder. Either this works, or all jobs are already
   * away, or an error says what to do.
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
   * Writes a returned log in which all jobs are idle, with a new CommittedTime in
   * each log. Returns the log's path and that time.
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

  /**
   * Checks after an interrupted import that each job is home, or away and
   * unchanged.
   */
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

  /**
   * Imports again. Then all jobs must be home, and a third import must do
   * nothing.
   */
  async importedAgain(
    when: string,
    path: string,
    newTime: number,
  ): Promise<void> {
    await this.import(path);
    for (const { id, locked, time } of await this.jobs()) {
      if (locked || time !== newTime) this.wrong(when, `${id} is not home`);
    }
    const { merged } = await this.import(path);
    if (merged !== 0) this.wrong(when, "the third import merged jobs");
  }

  /** Unlocks all jobs and empties the folder. */
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

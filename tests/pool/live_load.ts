/**
 * Exports and imports while jobs are matched, submitted, held, released and
 * removed. The exported jobs run under a second schedd. Meanwhile Lumberjack or
 * daemons may be killed. For live_load_test.ts and soak.ts.
 *
 * @module
 */
import {
  type ExportReport,
  type ImportReport,
  type JobAd,
  jobKeys,
  type Output,
  type PlainAds,
  Pool,
  readPlainAds,
  RemoteSite,
  remoteSpool,
  type Root,
  until,
} from "./harness/mod.ts";
import {
  type Absence,
  checkStarts,
  type LoadCounts,
  startsFile,
  userLog,
} from "./live_load_check.ts";

/** What may be killed while Lumberjack works. */
export const blows = ["none", "kill", "schedd", "crash"] as const;
/**
 * What SIGKILL kills. `kill`: Lumberjack. `schedd`: the schedd. `crash`: every
 * daemon on the machine.
 */
export type Blow = typeof blows[number];

/** The progress of a load. */
export interface LoadProgress {
  /** How many exports were tried. */
  readonly rounds: number;
  /**
   * How many jobs were exported to run at the site. Other exports are taken
   * back.
   */
  readonly runAway: number;
}

/** The size and length of a load. */
export interface LoadOptions {
  readonly root: Root;
  /**
   * The seed of all random choices. The timing of daemons does not depend on
   * it.
   */
  readonly seed: number;
  /** The number of clusters of 30 jobs that are submitted at the start. */
  readonly clusters: number;
  /** Called before each export. False ends the load. */
  readonly goOn: (progress: LoadProgress) => boolean;
  /** What may be killed, by default nothing. */
  readonly blows?: readonly Blow[];
  /** Called with a short text about each step. */
  readonly say?: (text: string) => void;
}

/** The results of a load, and the problems. */
export interface LoadReport extends LoadCounts {
  /** The number of written exports, and of the jobs in them. */
  readonly exports: number;
  readonly exported: number;
  /**
   * The number of exports that were imported. The other exports were taken
   * back.
   */
  readonly imports: number;
  /** The number of kills, by kind. */
  readonly blows: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

// After a kill, HTCondor looks for a job that has ended until the job's lease is
// over. So the lease is short.
const description = (jobs: number) => `
job_lease_duration = 20
executable = /bin/sh
arguments = "-c 'echo $(Cluster).$(Process) \`date +%s.%N\` >>${startsFile}; sleep 0.2'"
should_transfer_files = no
log = ${userLog}
queue ${jobs}
`;

const sleep = (seconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

/** A written export. */
interface Leaving {
  /** The export's folder. */
  readonly out: string;
  readonly jobs: number;
  /**
   * Whether its jobs run at the site. One export of four is taken back instead.
   */
  readonly runs: boolean;
}

/** One load: its pools, its counts and its steps. */
class Load {
  readonly home: Pool;
  readonly site: RemoteSite;
  readonly options: LoadOptions;
  readonly submitted: string[] = [];
  readonly struck: Record<string, number> = {};
  readonly scheddBlows: number[] = [];
  readonly absences: Absence[] = [];
  readonly problems: string[] = [];
  exports = 0;
  exported = 0;
  imports = 0;
  meddling = true;
  #random: number;
  /** The last kill of a schedd or of all daemons. The next one waits for it. */
  #striking = Promise.resolve();

  constructor(home: Pool, site: RemoteSite, options: LoadOptions) {
    this.home = home;
    this.site = site;
    this.options = options;
    this.#random = options.seed >>> 0;
  }

  say(text: string): void {
    this.options.say?.(text);
  }

  below(limit: number): number {
    // The upper bits of the generator of Numerical Recipes.
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.#random / 2 ** 32 * limit);
  }

  async submit(jobs: number): Promise<void> {
    // While the schedd is down, it refuses jobs. They do not count.
    try {
      const clusters = await this.home.submit(description(jobs), {
        user: "alice",
      });
      for (const cluster of clusters) {
        for (let i = 0; i < jobs; i++) this.submitted.push(`${cluster}.${i}`);
      }
    } catch (error) {
      if (!this.options.blows) throw error;
    }
  }

  /**
   * Does what users do meanwhile, but only to idle jobs, so that no job is
   * evicted.
   */
  async meddle(): Promise<void> {
    while (this.meddling) {
      const user = "alice", options = { user, timeout: 20 };
      const some = `ProcId == ${this.below(30)} && ` +
        `ClusterId % 3 == ${this.below(3)}`;
      const idle = `JobStatus == 1 && ${some}`;
      const what = this.below(8);
      if (what < 2) await this.submit(4 + this.below(8));
      if (what === 2 || what === 3) {
        await this.home.try(["condor_hold", "-constraint", idle], options);
      }
      if (what === 4) {
        await this.home.try(["condor_rm", "-constraint", idle], options);
      }
      if (what > 4) {
        await this.home.try(
          ["condor_release", "-constraint", `ProcId % 3 == ${this.below(3)}`],
          options,
        );
      }
      await sleep(0.3);
    }
  }

  /**
   * Runs Lumberjack while something may be killed. `disturbed` says that
   * Lumberjack or the schedd was killed meanwhile, perhaps for another run.
   */
  async run(
    args: readonly string[],
    user: string,
    blow: Blow,
  ): Promise<{ output: Output; disturbed: boolean }> {
    this.struck[blow] = (this.struck[blow] ?? 0) + 1;
    const command = ["lumberjack", ...args, "--json"];
    const after = 0.3 + this.below(700) / 1000;
    if (blow === "kill") {
      const killer = ["timeout", "--signal=KILL", String(after)];
      const output = await this.home.try([...killer, ...command], { user });
      return { output, disturbed: true };
    }
    const blowsBefore = this.scheddBlows.length;
    const down = blowsBefore % 2 === 1;
    const [output] = await Promise.all([
      this.home.try(command, { user }),
      this.strike(blow, after),
    ]);
    const disturbed = down || this.scheddBlows.length > blowsBefore;
    return { output, disturbed };
  }

  strike(blow: Blow, after: number): Promise<void> {
    if (blow === "none") return Promise.resolve();
    this.#striking = this.#striking.then(async () => {
      await sleep(after);
      this.scheddBlows.push(Date.now() / 1000);
      await (blow === "crash" ? this.home.crash() : this.home.killSchedd());
      this.scheddBlows.push(Date.now() / 1000);
    });
    return this.#striking;
  }

  /** Chooses what is killed next: in half of all cases nothing. */
  blow(): Blow {
    const { blows = ["none"] } = this.options;
    return this.below(2) === 0 ? "none" : blows[this.below(blows.length)];
  }

  /**
   * Runs Lumberjack until it succeeds, because a killed schedd needs some time.
   */
  async insist(args: readonly string[], user: string): Promise<Output> {
    for (let tries = 0;; tries++) {
      const output = await this.home.lumberjack([...args, "--json"], { user });
      // 3 means that nothing was left to do.
      if ([0, 3, 4].includes(output.code) || tries === 20) return output;
      await sleep(1);
    }
  }

  /** Waits until the schedd answers, and returns the jobs that match. */
  async queue(constraint: string): Promise<JobAd[]> {
    let jobs: JobAd[] = [];
    await until("the schedd answers", async () => {
      try {
        jobs = await this.home.queue(constraint);
        return true;
      } catch (error) {
        if (!this.options.blows) throw error;
        return false;
      }
    });
    return jobs;
  }

  async lockedWith(exportId: string): Promise<string[]> {
    const constraint = `LumberjackExportId == "${exportId}"`;
    const jobs = await this.queue(constraint);
    return jobs.filter(({ Managed }) => Managed === "External")
      .map(({ ClusterId, ProcId }) => `${ClusterId}.${ProcId}`).sort();
  }

  /** Exports some jobs. Returns the export, if there is one. */
  async export(round: number): Promise<Leaving | undefined> {
    const out = `/var/tmp/out${round}`;
    await this.home.sh(`mkdir ${out}; chown alice ${out}`);
    const user = this.below(2) === 0 ? "root" : "alice";
    const blow = this.blow();
    const constraint = `Owner == "alice" && ProcId % 5 == ${this.below(5)}`;
    const { output, disturbed } = await this.run(
      [
        ...["export", "--constraint", constraint],
        ...["--out", out, "--remote-spool", remoteSpool("alice")],
      ],
      user,
      blow,
    );
    if (!disturbed && ![0, 3, 4].includes(output.code)) {
      this.problems.push(`export ${round}: ${output.stderr}`);
    }
    const undo = this.below(2) === 0 ? ["--undo"] : [];
    await this.recover(user, undo);
    const said = disturbed ? undefined : output.stdout;
    const found = await this.exportIn(out, blow, said);
    this.say(`export ${round} as ${user}, ${blow}: ${found ?? "no"} jobs`);
    return found ? { out, jobs: found, runs: this.below(4) > 0 } : undefined;
  }

  async recover(user: string, undo: readonly string[]): Promise<void> {
    const output = await this.insist(["recover", ...undo], user);
    if (output.code !== 0) {
      return void this.problems.push(`recover: ${output.stderr}`);
    }
    for (const { exportId, action } of JSON.parse(output.stdout).exports) {
      if (action === "away" || action === "busy") continue;
      this.say(`recover: ${exportId} ${action}`);
      if (action === "unknown") {
        this.problems.push(`recover does not know export ${exportId}`);
      }
    }
  }

  /**
   * Checks that the exported jobs are the locked jobs. Returns their number.
   */
  async exportIn(
    out: string,
    blow: Blow,
    said: string | undefined,
  ): Promise<number | undefined> {
    if (!await this.home.machine.exists(`${out}/manifest.json`)) return;
    const text = await this.home.machine.read(`${out}/manifest.json`);
    const { exportId, state, jobs } = JSON.parse(text);
    const locked = await this.lockedWith(exportId);
    const from = Date.now() / 1000;
    if (state !== "written") {
      if (locked.length > 0) {
        this.problems.push(`${out}, ${blow}: ${state}, locked ${locked}`);
      }
      return;
    }
    const log = await this.home.machine.read(`${out}/job_queue.log`);
    const ids = jobKeys(readPlainAds(log));
    if (ids.join() !== locked.join() || ids.length !== jobs) {
      this.problems.push(
        `${out}, ${blow}: exported ${ids}, locked ${locked}, manifest ${jobs}`,
      );
    }
    if (said !== undefined) {
      const report: ExportReport = JSON.parse(said);
      if (report.exports[0]?.jobs !== ids.length) {
        this.problems.push(`${out}: said ${said}`);
      }
    }
    for (const id of ids) this.absences.push({ id, from, to: Infinity });
    this.exports++;
    this.exported += ids.length;
    return ids.length;
  }

  /** Runs an export at the site and imports it, or takes it back. */
  async bringHome({ out, runs }: Leaving): Promise<void> {
    const text = await this.home.machine.read(`${out}/manifest.json`);
    const { exportId } = JSON.parse(text);
    const user = this.below(2) === 0 ? "root" : "alice";
    let args = ["unexport", "--export-id", exportId];
    const log = await this.home.machine.read(`${out}/job_queue.log`);
    if (runs) {
      // A job that was held or removed at the moment of the export is held or
      // removed at the site, too.
      const returned = await this.site.run(
        log,
        "JobStatus != 4 && JobStatus != 3 && JobStatus != 5",
      );
      const back = `${out}/back/job_queue.log`;
      await this.home.machine.write(back, returned.log, {
        user: "alice",
        mode: 0o600,
      });
      args = ["import", "--in", `${out}/back`];
      this.imports++;
    }
    const blow = this.blow();
    this.comingHome(readPlainAds(log));
    const first = await this.run(args, user, blow);
    const output = first.disturbed
      ? await this.insist(args, user)
      : first.output;
    this.say(`${args.join(" ")} as ${user}, ${blow}: ${output.code}`);
    if (runs) this.requireImported(output);
    else if (![0, 3].includes(output.code)) {
      this.problems.push(`unexport of ${out}: ${output.stderr}`);
    }
    const locked = await this.lockedWith(exportId);
    if (locked.length > 0) {
      this.problems.push(
        `${out} is home, but these jobs are locked: ${locked}`,
      );
    }
  }

  /** Records that these jobs may start here from now on. */
  comingHome(log: PlainAds): void {
    const ids = new Set(jobKeys(log));
    for (const absence of this.absences) {
      if (ids.has(absence.id)) {
        absence.to = Math.min(absence.to, Date.now() / 1000);
      }
    }
  }

  requireImported({ code, stdout, stderr }: Output): void {
    if (code !== 0 && code !== 4) {
      return void this.problems.push(`import: ${stderr}`);
    }
    const { missing, refused }: ImportReport = JSON.parse(stdout);
    const whole = refused.filter(({ attribute }) => attribute === null);
    if (missing.length > 0 || whole.length > 0) {
      this.problems.push(`import: missing ${missing}, ${stdout}`);
    }
  }

  /** Lets all jobs at home run to their ends. */
  async drain(): Promise<void> {
    await until("no job is left", async () => {
      await this.home.try(["condor_release", "-all"], { timeout: 20 });
      return (await this.queue("true")).length === 0;
    }, 180).catch(async (error) => {
      const left = await this.home.try(["condor_q", "-allusers", "-nobatch"]);
      this.problems.push(`${error.message}\n${left.stdout}`);
    });
  }
}

/**
 * Exports and imports under load until all jobs have ended. Then checks all
 * jobs.
 */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { root } = options;
  await using home = await Pool.start({ root, slots: 6 });
  await using site = await RemoteSite.boot({ root, user: "alice", slots: 6 });
  const load = new Load(home, site, options);
  for (let i = 0; i < options.clusters; i++) await load.submit(30);
  const meddler = load.meddle();
  const away: Promise<void>[] = [];
  // Exports run one after the other, because there is only one site.
  let last = Promise.resolve();
  let runAway = 0;
  for (let rounds = 0; options.goOn({ rounds, runAway }); rounds++) {
    if (rounds > 0) await load.submit(20);
    const leaving = await load.export(rounds);
    if (leaving === undefined) continue;
    if (leaving.runs) runAway += leaving.jobs;
    const before = last;
    last = before.then(() => load.bringHome(leaving));
    away.push(last);
    // Only a few exports may wait for the site.
    if (away.length > 2) await away.at(-3);
  }
  await last;
  load.meddling = false;
  await meddler;
  await load.drain();
  const { problems, exports, exported, imports, struck, scheddBlows } = load;
  const counts = await checkStarts(
    home,
    site.pool,
    { submitted: load.submitted, blows: scheddBlows, absences: load.absences },
    problems,
  );
  return { ...counts, exports, exported, imports, blows: struck, problems };
}

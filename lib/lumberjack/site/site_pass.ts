import { join } from "@std/path";
import { updateManifest } from "../export_dir/manifest.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { unlockRemoved } from "../import/unlock_removed.ts";
import { formatJobId, type JobId } from "../job/id.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import type { Whereabouts } from "../job/whereabouts.ts";
import { lockOf } from "../job/lock.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import { cancelToo, sendCancel } from "./cancel.ts";
import type { HistoryEvent } from "./journal/history.ts";
import type { Site } from "./site.ts";
import {
  type LockedOfExport,
  nothingLocked,
  type SiteReport,
} from "./site_report.ts";
import { countLocked } from "./survey.ts";
import { ReturnedBundles } from "./returned_bundles.ts";
import { bundleToSend, exportToSite } from "./site_export.ts";
import type { SiteExport, SiteFolder } from "./site_folder.ts";
import { SiteMemory } from "./site_memory.ts";
import { SiteSteps } from "./site_steps.ts";
import { troubleOf } from "./site_trouble.ts";
import { nextExports, type SiteJobs } from "./site_jobs.ts";
import { lastThoseThatStayed, rememberStaying } from "./stayed.ts";
import { isOverdue, tellOwners, whereaboutsOf } from "./signals.ts";
import { transportOf } from "./transport/choose.ts";
import { isBundleOf } from "./transport/transport.ts";

/** What one site's part of a pass works with. */
interface SitePassRequest {
  readonly site: Site;
  readonly queue: JobQueue;
  readonly folder: SiteFolder;
  /** How HTCondor writes user logs. */
  readonly userLogs: UserLogConfig | undefined;
  /** Called with each thing that was done. */
  readonly note: (event: HistoryEvent) => void;
  readonly now: () => Date;
  readonly progress: (text: string) => void;
}

/**
 * One site's part of a pass. After a step that fails, its later steps in the same
 * direction wait.
 */
export class SitePass {
  readonly #request: SitePassRequest;
  readonly report: SiteReport;
  readonly #memory: SiteMemory;
  readonly #steps: SiteSteps;
  readonly #bundles: ReturnedBundles;
  /** How many of the site's jobs were locked when the pass began. */
  #wereAway: number;
  /** The jobs of an export that were locked when the pass began. */
  #lockedOf: (exportId: string) => LockedOfExport = () => nothingLocked;

  /** Reads what the last pass has left of this site. */
  constructor(request: SitePassRequest) {
    this.#request = request;
    this.#memory = new SiteMemory(request.folder, request.now);
    this.#steps = new SiteSteps(this.#memory, (event) => this.#note(event));
    this.#bundles = new ReturnedBundles({
      ...request,
      memory: this.#memory,
      note: (event) => this.#note(event),
    });
    this.report = {
      site: request.site.name,
      ...{ home: 0, removed: 0, exported: 0, sent: 0, away: 0, overdue: 0 },
    };
    this.#tellTrouble();
    this.#wereAway = this.#memory.state.away ?? 0;
    this.#count();
  }

  /** The site. */
  get site(): Site {
    return this.#request.site;
  }

  /**
   * Whether jobs may go to the site now. Before {@linkcode freeRemoved} this is
   * what the last pass knew.
   */
  get mayExport(): boolean {
    return this.site.enabled && !this.#steps.isWaiting("trouble") &&
      this.#room > 0;
  }

  /**
   * Unlocks the jobs that were removed here, and notes that the site is to cancel
   * them. Closes exports of which no job is away any more.
   *
   * @param lockedOf Returns the jobs of an export that were locked when the pass
   * began.
   */
  async freeRemoved(
    lockedOf: (exportId: string) => LockedOfExport,
  ): Promise<void> {
    this.#request.folder.reopen((exportId) =>
      lockedOf(exportId).jobs.length > 0
    );
    this.#lockedOf = lockedOf;
    const away = this.#request.folder.exportsAway();
    this.#wereAway = countLocked(away, lockedOf);
    await this.#step("removed jobs", "trouble", async () => {
      for (const exported of away) {
        const { exportId } = exported.manifest;
        const { jobs, removed } = lockedOf(exportId);
        const freed = removed.length > 0
          ? await this.#freeRemovedOf(exported, removed)
          : 0;
        this.report.removed += freed;
        if (jobs.length === freed && !await this.#hasJobs(exportId)) {
          this.#close(exported);
        }
      }
    }, { evenIfWaiting: true });
    this.#count();
  }

  async #freeRemovedOf(
    { folder: exportDir, manifest: { exportId, owner } }: SiteExport,
    removed: readonly JobId[],
  ): Promise<number> {
    const { queue, userLogs } = this.#request;
    const { cancelled } = this.#memory.state;
    // Remembered first: once a job is unlocked it is gone.
    const more = cancelToo(cancelled[exportId], removed);
    this.#memory.remember({ cancelled: { ...cancelled, [exportId]: more } });
    const away = { exportId, exportDir };
    const { length: jobs } = await unlockRemoved(queue, away, userLogs);
    this.#note({ event: "removed", exportId, owner, jobs });
    return jobs;
  }

  /** Asks once more before an export is closed: jobs of a closed one never come home. */
  async #hasJobs(exportId: string): Promise<boolean> {
    for await (const { ad } of jobsOfExport(this.#request.queue, exportId)) {
      if (lockOf(ad)) return true;
    }
    return false;
  }

  /** No job of the export is away: it was removed by force, say. */
  #close({ folder, manifest: { exportId, owner } }: SiteExport): void {
    const problem = updateManifest(folder, exportId, { state: "imported" });
    this.#note({ event: "closed", exportId, owner, problem });
  }

  /** Fetches the bundles that came back, and imports them. */
  async bringHome(): Promise<void> {
    await this.#step("fetch", "fetchTrouble", async () => {
      const { folder, site } = this.#request;
      const away = folder.exportsAway();
      if (away.length === 0) return;
      const ids = away.map(({ manifest }) => manifest.exportId);
      const bundles = this.#bundles;
      bundles.makeWay();
      await transportOf(site.fetch, site.name).receive(ids, folder.inbox);
      const news = bundles.news(ids);
      const since = Math.floor(this.#request.now().getTime() / 1000);
      const returning = ids.filter((id) =>
        news.some((name) => isBundleOf(name, [id]))
      );
      await this.#tell(
        new Map(returning.map((id) => [id, { state: "returning", since }])),
      );
      for (const name of news) this.report.home += await bundles.import(name);
    });
    this.#count();
  }

  /** Exports what matches, one export for each owner. */
  async export(jobs: SiteJobs): Promise<void> {
    await this.#step("export", "trouble", async () => {
      const now = this.#request.now();
      const seconds = Math.floor(now.getTime() / 1000);
      const { stayed } = this.#memory.state;
      const ready = lastThoseThatStayed(jobs.ready, stayed);
      const chosen = nextExports({ ...jobs, ready }, this.#room, seconds);
      const staying: SkippedJob[] = [];
      for (const [owner, ready] of chosen) {
        const skipped = await this.#exportOf(owner, ready.map(formatJobId));
        for (const job of skipped) staying.push(job);
      }
      const news = rememberStaying(this.#memory, staying);
      if (news) this.#note(news);
    });
    this.#count();
  }

  async #exportOf(
    owner: string,
    ids: readonly string[],
  ): Promise<readonly SkippedJob[]> {
    const { queue, progress } = this.#request;
    progress(`exporting ${ids.length} jobs of ${owner} to ${this.site.name}`);
    const timer = this.#timer();
    const jobs = { owner, ids };
    const { exports, skipped } = await exportToSite(queue, this.#request, jobs);
    for (const { exportId, jobs, bytes } of exports) {
      this.report.exported += jobs;
      this.#note({
        event: "exported",
        ...{ exportId, owner, jobs, bytes, seconds: timer() },
      });
    }
    return skipped;
  }

  /** Sends the exports that were not sent yet. */
  async send(): Promise<void> {
    if (!this.site.enabled) return;
    // What is sent at once is told once, when it is away.
    let telling = Promise.resolve();
    const timer = setTimeout(() => {
      telling = this.#tellPlaces();
      // An error is thrown when the sending has ended.
      telling.catch(() => {});
    }, quickSend);
    try {
      await this.#step("send", "trouble", async () => {
        for (const away of this.#request.folder.exportsAway()) {
          if (this.#memory.state.sent[away.manifest.exportId] !== undefined) {
            continue;
          }
          await this.#send(away);
        }
        await this.#sendCancelled();
      });
    } finally {
      clearTimeout(timer);
      await telling;
    }
  }

  /** Ends the site's part of the pass, and returns what it did. */
  async finish(): Promise<SiteReport> {
    this.#steps.end();
    this.#tellTrouble();
    await this.#tellPlaces();
    const { folder } = this.#request;
    const away = folder.exportsAway().map(({ manifest }) => manifest.exportId);
    this.#memory.forgetAllBut(new Set(away));
    removeAllBut(folder.inbox, away);
    // A pass that was killed after it had sent a bundle has left it there.
    const { sent } = this.#memory.state;
    removeAllBut(folder.outbox, away.filter((id) => sent[id] === undefined));
    this.#count();
    if (this.report.away !== this.#memory.state.away) {
      this.#memory.remember({ away: this.report.away });
    }
    return this.report;
  }

  /** Writes into the jobs of all exports where they are. */
  async #tellPlaces(): Promise<void> {
    const { folder, site, now } = this.#request;
    const places = new Map(
      folder.exportsAway().map((exported) => [
        exported.manifest.exportId,
        whereaboutsOf(exported, this.#memory.state, site, now()),
      ]),
    );
    await this.#tell(places);
  }

  async #tell(places: ReadonlyMap<string, Whereabouts>): Promise<void> {
    const { told } = this.#memory.state;
    const now = await tellOwners(
      this.#request.queue,
      places,
      told,
      (exportId) => this.#lockedOf(exportId).jobs,
    );
    const isNews = Object.entries(now).some(([id, text]) => told[id] !== text);
    if (isNews) this.#memory.remember({ told: { ...told, ...now } });
  }

  async #send(exported: SiteExport): Promise<void> {
    const { site, progress } = this.#request;
    const { exportId } = exported.manifest;
    progress(`sending ${exportId} to ${site.name}`);
    const timer = this.#timer();
    const bundle = await bundleToSend(this.#request.folder, exported);
    const bytes = Deno.statSync(bundle).size;
    await transportOf(site.ship, site.name).send(bundle);
    this.#memory.arrived(exportId);
    this.report.sent++;
    const { owner, jobs } = exported.manifest;
    const seconds = timer();
    this.#note({ event: "sent", exportId, owner, jobs, bytes, seconds });
    Deno.removeSync(bundle);
  }

  /** Tells the site which jobs were removed here. */
  async #sendCancelled(): Promise<void> {
    const { folder, site } = this.#request;
    for (
      const [exportId, cancelled] of Object.entries(
        this.#memory.state.cancelled,
      )
    ) {
      const { jobs, told } = cancelled;
      if (told === jobs.length) continue;
      if (this.#memory.state.sent[exportId] === undefined) continue;
      const transport = transportOf(site.ship, site.name);
      await sendCancel(transport, folder, exportId, jobs);
      this.#memory.remember({
        cancelled: {
          ...this.#memory.state.cancelled,
          [exportId]: { jobs, told: jobs.length },
        },
      });
      this.#note({ event: "cancelled", exportId, jobs: jobs.length - told });
    }
  }

  /** How many jobs may still go to the site. */
  get #room(): number {
    return Math.max(0, this.site.maxJobs - this.report.away);
  }

  #count(): void {
    const { folder, site, now } = this.#request;
    const away = folder.exportsAway();
    const { home, exported, removed } = this.report;
    this.report.away = this.#wereAway + exported - home - removed;
    this.report.overdue =
      away.filter((exported) => isOverdue(exported, site, now())).length;
  }

  /** Does a step; see {@linkcode SiteSteps.run}. The report says what fails. */
  async #step(...step: Parameters<SiteSteps["run"]>): Promise<void> {
    await this.#steps.run(...step);
    this.#tellTrouble();
  }

  #tellTrouble(): void {
    const trouble = troubleOf(this.#memory.state);
    delete this.report.problem;
    delete this.report.since;
    if (trouble === undefined) return;
    const { problem, since } = trouble;
    Object.assign(this.report, { problem, since });
  }

  #note(event: Omit<HistoryEvent, "at" | "site">): void {
    const { now, note } = this.#request;
    note({ at: now().toISOString(), site: this.site.name, ...event });
  }

  /** Returns a function that returns the seconds since now. */
  #timer(): () => number {
    const start = performance.now();
    return () => Math.round((performance.now() - start) / 100) / 10;
  }
}

/** If sending takes longer, in milliseconds, the jobs say that they are leaving. */
const quickSend = 3000;

/** Removes from a folder what is no bundle of these exports. */
function removeAllBut(folder: string, exportIds: readonly string[]): void {
  for (const { name } of Deno.readDirSync(folder)) {
    if (isBundleOf(name, exportIds)) continue;
    Deno.removeSync(join(folder, name), { recursive: true });
  }
}

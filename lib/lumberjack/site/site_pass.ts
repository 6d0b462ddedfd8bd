import { join } from "@std/path";
import { CedarError } from "../../cedar/mod.ts";
import { CondorError } from "../../condor/mod.ts";
import { exportJobs } from "../export/export.ts";
import { createBundle } from "../files/bundle.ts";
import { FileStaging } from "../files/stage/file_staging.ts";
import { importJobs } from "../import/import.ts";
import { formatJobId } from "../job/id.ts";
import { Selection } from "../job/selection.ts";
import type { Whereabouts } from "../job/whereabouts.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { delayAfter, isCheap, oneLine } from "./retry.ts";
import type { Site } from "./site.ts";
import type { SiteExport, SiteFolder, SiteState } from "./site_folder.ts";
import { nextExports, type SiteJobs } from "./site_jobs.ts";
import { bestEnding } from "../files/tree/compression.ts";
import { isOverdue, tellOwners, whereaboutsOf } from "./signals.ts";
import { transportOf } from "./transport/choose.ts";
import { isBundleOf } from "./transport/transport.ts";

/** What a pass did for one site. */
export interface SiteReport {
  /** The site's name. */
  readonly site: string;
  /** How many jobs came home. */
  home: number;
  /** How many jobs were exported. */
  exported: number;
  /** How many bundles were sent. */
  sent: number;
  /** How many jobs are away after the pass. */
  away: number;
  /** How many exports are away for longer than RETURN_BY. */
  overdue: number;
  /** What is wrong; undefined if nothing is. */
  problem?: string;
  /** Since when it is wrong, ISO 8601, UTC. */
  since?: string;
}

/** What one site's part of a pass works with. */
interface SitePassRequest {
  readonly site: Site;
  readonly queue: JobQueue;
  readonly folder: SiteFolder;
  /** How many jobs of an export are locked now. */
  readonly lockedOf: (exportId: string) => number;
  readonly now: () => Date;
  readonly progress: (text: string) => void;
}

/** One site's part of a pass. After a step that fails, its later steps wait. */
export class SitePass {
  readonly #request: SitePassRequest;
  readonly report: SiteReport;
  #state: SiteState;
  #isWaiting: boolean;
  /** How many of the site's jobs were locked when the pass began. */
  readonly #wereAway: number;

  /** Reads what the last pass has left of this site. */
  constructor(request: SitePassRequest) {
    this.#request = request;
    this.#state = request.folder.readState();
    const { trouble } = this.#state;
    this.#isWaiting = trouble !== undefined &&
      request.now() < new Date(trouble.retryAt);
    this.report = {
      site: request.site.name,
      ...{ home: 0, exported: 0, sent: 0, away: 0, overdue: 0 },
      ...(trouble && { problem: trouble.problem, since: trouble.since }),
    };
    this.#wereAway = request.folder.exportsAway()
      .reduce(
        (sum, { manifest }) => sum + request.lockedOf(manifest.exportId),
        0,
      );
    this.#count();
  }

  /** The site. */
  get site(): Site {
    return this.#request.site;
  }

  /** Whether jobs may go to the site now. */
  get mayExport(): boolean {
    return this.site.enabled && !this.#isWaiting && this.#room > 0;
  }

  /** Fetches the bundles that came back, and imports them. */
  async bringHome(): Promise<void> {
    await this.#step("fetch", async () => {
      const { folder, site } = this.#request;
      const away = folder.exportsAway();
      if (away.length === 0) return;
      const ids = away.map(({ manifest }) => manifest.exportId);
      await transportOf(site.fetch, site.name).receive(ids, folder.inbox);
      const news = bundlesIn(folder.inbox, ids)
        .filter((name) => this.#state.imported[name] === undefined);
      const since = Math.floor(this.#request.now().getTime() / 1000);
      const returning = ids.filter((id) =>
        news.some((name) => isBundleOf(name, [id]))
      );
      await this.#tell(
        new Map(returning.map((id) => [id, { state: "returning", since }])),
      );
      for (const name of news) await this.#import(name);
    });
    this.#count();
  }

  async #import(name: string): Promise<void> {
    const { queue, folder, progress, now } = this.#request;
    progress(`importing ${name}`);
    const path = join(folder.inbox, name);
    const { merged, released } = await importJobs(queue, {
      in: path,
      files: {},
    });
    this.report.home += merged + released;
    // The bundle stays until all jobs of its export are home. As long as it is
    // there, it is not fetched again.
    const imported = { ...this.#state.imported, [name]: now().toISOString() };
    this.#remember({ imported });
  }

  /** Exports what matches, one export for each owner. */
  async export(jobs: SiteJobs): Promise<void> {
    await this.#step("export", async () => {
      const now = this.#request.now();
      const seconds = Math.floor(now.getTime() / 1000);
      const chosen = nextExports(jobs, this.#room, seconds);
      for (const [owner, ready] of chosen) {
        await this.#exportOf(owner, ready.map(formatJobId));
      }
    });
    this.#count();
  }

  async #exportOf(owner: string, ids: readonly string[]): Promise<void> {
    const { queue, folder, now, site, progress } = this.#request;
    progress(`exporting ${ids.length} jobs of ${owner} to ${site.name}`);
    const { folder: out, bundle } = folder.newExport(now());
    await using staging = this.#staging(bundle);
    const selection = new Selection({
      ...{ ids, owner },
      constraint: site.constraint,
    });
    const { exports } = await exportJobs(queue, {
      ...{ selection, out, staging },
      site: site.name,
      remoteSpool: site.remoteSpool,
    });
    for (const { jobs } of exports) this.report.exported += jobs;
    if (exports.length === 0) removeEmpty(out);
  }

  /**
   * Returns what places the jobs' files. They go into a bundle at once: in a
   * folder, their owner could put links in their places before they are sent.
   */
  #staging(bundle: string): FileStaging | undefined {
    const { files, presentThere, maxBytes, set } = this.site;
    if (files === "none") return undefined;
    return new FileStaging({
      ...{ mode: files, presentThere, set },
      ...(files === "stage" ? { bundle } : {}),
      mostExportBytes: maxBytes,
    });
  }

  /** Sends the exports that were not sent yet. */
  async send(): Promise<void> {
    await this.#tellPlaces();
    if (!this.site.enabled) return;
    await this.#step("send", async () => {
      for (const away of this.#request.folder.exportsAway()) {
        if (this.#state.sent[away.manifest.exportId] !== undefined) continue;
        await this.#send(away);
      }
    });
  }

  /** Ends the site's part of the pass, and returns what it did. */
  async finish(): Promise<SiteReport> {
    if (!this.#isWaiting && this.#state.trouble) this.#recovered();
    await this.#tellPlaces();
    const { folder } = this.#request;
    const away = folder.exportsAway().map(({ manifest }) => manifest.exportId);
    for (const { name } of Deno.readDirSync(folder.inbox)) {
      if (isBundleOf(name, away)) continue;
      Deno.removeSync(join(folder.inbox, name), { recursive: true });
    }
    this.#count();
    return this.report;
  }

  /** Writes into the jobs of all exports where they are. */
  async #tellPlaces(): Promise<void> {
    const { folder, site, now } = this.#request;
    const places = new Map(
      folder.exportsAway().map((exported) => [
        exported.manifest.exportId,
        whereaboutsOf(exported, this.#state, site, now()),
      ]),
    );
    await this.#tell(places);
    const told = Object.entries(this.#state.told)
      .filter(([exportId]) => places.has(exportId));
    if (told.length < Object.keys(this.#state.told).length) {
      this.#remember({ told: Object.fromEntries(told) });
    }
  }

  async #tell(places: ReadonlyMap<string, Whereabouts>): Promise<void> {
    const { told } = this.#state;
    const now = await tellOwners(this.#request.queue, places, told);
    const isNews = Object.entries(now).some(([id, text]) => told[id] !== text);
    if (isNews) this.#remember({ told: { ...told, ...now } });
  }

  async #send(exported: SiteExport): Promise<void> {
    const { site, now, progress } = this.#request;
    const { exportId } = exported.manifest;
    progress(`sending ${exportId} to ${site.name}`);
    const bundle = await this.#bundleOf(exported);
    await transportOf(site.ship, site.name).send(bundle);
    const sent = { ...this.#state.sent, [exportId]: now().toISOString() };
    this.#remember({ sent });
    this.report.sent++;
    Deno.removeSync(bundle);
  }

  /** Returns the bundle of an export, under the name that it is sent with. */
  async #bundleOf({ folder, bundle, manifest }: SiteExport): Promise<string> {
    const ending = /\.(tar(\.\w+)?)$/.exec(bundle ?? "")?.[1] ?? bestEnding();
    const path = join(
      this.#request.folder.outbox,
      `${manifest.exportId}.${ending}`,
    );
    // A bundle gets its name when it is complete, so one that is there is good.
    if (exists(path)) return path;
    if (bundle === undefined) await createBundle(folder, path);
    else Deno.renameSync(bundle, path);
    return path;
  }

  /** How many jobs may still go to the site. */
  get #room(): number {
    return Math.max(0, this.site.maxJobs - this.report.away);
  }

  #count(): void {
    const { folder, site, now } = this.#request;
    const away = folder.exportsAway();
    const { home, exported } = this.report;
    this.report.away = this.#wereAway + exported - home;
    this.report.overdue =
      away.filter((exported) => isOverdue(exported, site, now())).length;
  }

  /** Runs a step, unless the site is waiting. If it fails, the site waits. */
  async #step(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#isWaiting) return;
    try {
      await work();
    } catch (error) {
      // Without the schedd no site has a step that could work.
      if (error instanceof CedarError || error instanceof CondorError) {
        throw error;
      }
      this.#failed(`${what}: ${oneLine(error)}`, isCheap(error));
    }
  }

  #failed(problem: string, isCheap: boolean): void {
    const now = this.#request.now();
    const before = this.#state.trouble;
    const failures = (before?.failures ?? 0) + 1;
    const since = before?.since ?? now.toISOString();
    const delay = isCheap ? 0 : delayAfter(failures);
    const retryAt = new Date(now.getTime() + delay);
    this.#isWaiting = true;
    Object.assign(this.report, { problem, since });
    this.#remember({
      trouble: { problem, since, failures, retryAt: retryAt.toISOString() },
    });
  }

  #recovered(): void {
    this.#remember({ trouble: undefined });
    delete this.report.problem;
    delete this.report.since;
  }

  #remember(change: Partial<SiteState>): void {
    this.#state = { ...this.#state, ...change };
    this.#request.folder.writeState(this.#state);
  }
}

/** Returns the names of these exports' bundles in a folder, in order. */
function bundlesIn(folder: string, exportIds: readonly string[]): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && isBundleOf(name, exportIds))
    .map(({ name }) => name).sort();
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeEmpty(folder: string): void {
  try {
    Deno.removeSync(folder);
  } catch {
    // Something is in it; it stays.
  }
}

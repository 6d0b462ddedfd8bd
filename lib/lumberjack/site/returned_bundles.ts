import { join } from "@std/path";
import { CedarError } from "../../cedar/mod.ts";
import { CondorError } from "../../condor/mod.ts";
import { removeIfThere } from "../export/undo.ts";
import type { UserLogConfig } from "../files/events/home_logs.ts";
import { importJobs } from "../import/import.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import type { HistoryEvent } from "./journal/history.ts";
import { whyRefused } from "./refused_bundle.ts";
import type { Site } from "./site.ts";
import type { SiteFolder } from "./site_folder.ts";
import type { BundleFile, SiteMemory } from "./site_memory.ts";
import { isBundleOf } from "./transport/transport.ts";

/** What the import of a site's bundles works with. */
interface ReturnedBundlesRequest {
  readonly site: Site;
  readonly queue: JobQueue;
  readonly folder: Pick<SiteFolder, "inbox">;
  readonly memory: SiteMemory;
  /** How HTCondor writes user logs. */
  readonly userLogs: UserLogConfig | undefined;
  /** Called with each thing that was done. */
  readonly note: (event: Omit<HistoryEvent, "at" | "site">) => void;
  readonly progress: (text: string) => void;
}

/**
 * The bundles that came back from a site. One that cannot be imported does not
 * hold up the others.
 */
export class ReturnedBundles {
  readonly #request: ReturnedBundlesRequest;

  constructor(request: ReturnedBundlesRequest) {
    this.#request = request;
  }

  /**
   * Removes damaged bundles that are to be tried again, so that they are fetched
   * again. The site still has them.
   */
  makeWay(): void {
    const { memory, folder } = this.#request;
    for (const [name, { advice }] of memory.refusedToTry()) {
      if (advice.length > 0) removeIfThere(join(folder.inbox, name));
    }
  }

  /**
   * Returns the names of those bundles of the exports that are to be imported, in
   * order. Forgets bundles that the site has removed.
   */
  news(exportIds: readonly string[]): string[] {
    const { memory, folder } = this.#request;
    const here = bundlesIn(folder.inbox, exportIds);
    for (const [name] of memory.refusedToTry()) {
      if (!here.includes(name)) memory.forgetRefused(name);
    }
    return here.filter((name) => memory.isNews(name, this.#file(name)));
  }

  /**
   * Imports a bundle. Returns how many jobs are home with it; 0 if it cannot be
   * imported. Throws only an error of the schedd.
   */
  async import(name: string): Promise<number> {
    const { memory, note, site } = this.#request;
    try {
      return await this.#import(name);
    } catch (error) {
      if (error instanceof CedarError || error instanceof CondorError) {
        throw error;
      }
      const refused = whyRefused(name, error, site);
      memory.refuse(name, this.#file(name), refused);
      note({ event: "failed", problem: refused.problem });
      return 0;
    }
  }

  async #import(name: string): Promise<number> {
    const { queue, folder, memory, note, progress } = this.#request;
    progress(`importing ${name}`);
    const path = join(folder.inbox, name);
    const start = performance.now();
    const { exportId, merged, released, bytes, refused } = await importJobs(
      queue,
      { in: path, files: {}, userLogs: this.#request.userLogs },
    );
    const jobs = merged + released;
    note({
      event: "imported",
      exportId: exportId ?? undefined,
      jobs,
      bytes: Deno.statSync(path).size,
      seconds: Math.round((performance.now() - start) / 100) / 10,
      outputBytes: bytes,
    });
    // The bundle stays until all jobs of its export are home. As long as it is
    // there, it is not fetched again.
    const leftAway = refused.filter(({ attribute }) => attribute === null);
    if (leftAway.length === 0) {
      memory.noteImported(name);
      return jobs;
    }
    const [{ id, reason }] = leftAway;
    const whoStays = leftAway.length === 1
      ? "a job stays"
      : `${leftAway.length} jobs stay`;
    const problem = `${whoStays} away: ${id}: ${reason}`;
    memory.leaveAway(name, problem);
    note({ event: "failed", problem: `import: ${problem}` });
    return jobs;
  }

  #file(name: string): BundleFile {
    const path = join(this.#request.folder.inbox, name);
    const { size, mtime } = Deno.statSync(path);
    return { size, mtime: mtime?.getTime() ?? 0 };
  }
}

/** Returns the names of these exports' bundles in a folder, in order. */
function bundlesIn(folder: string, exportIds: readonly string[]): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) => isFile && isBundleOf(name, exportIds))
    .map(({ name }) => name).sort();
}

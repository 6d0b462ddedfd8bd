import { LumberjackError } from "../error.ts";
import { cronFolder } from "./cron_folder.ts";
import { loadSites } from "./read_sites.ts";
import { SiteFolder } from "./site_folder.ts";
import { troubleOf } from "./site_trouble.ts";

/** What became of a site that is to be tried again. */
export interface RetriedSite {
  /** The site. */
  readonly site: string;
  /** What was wrong with it; undefined if nothing was. */
  readonly problem: string | undefined;
}

/**
 * Lets the next pass try a site again, however often it has failed. Throws
 * {@linkcode LumberjackError} if there is no such site.
 *
 * @param name The site; undefined for all.
 */
export async function retrySites(name?: string): Promise<RetriedSite[]> {
  const all = await loadSites();
  const sites = all.sites.filter((site) =>
    name === undefined || site.name.toUpperCase() === name.toUpperCase()
  );
  if (sites.length === 0) {
    throw new LumberjackError("no such site is used", {
      subject: name,
      remedy: "lumberjack sites shows the sites, and what is wrong with them",
    });
  }
  const folder = await cronFolder(all);
  return sites.map((site) => {
    const own = SiteFolder.find(folder, site.name);
    const state = own?.readState();
    if (own === undefined || state === undefined) {
      return { site: site.name, problem: undefined };
    }
    const { trouble, fetchTrouble, leftAway, refused } = state;
    const retryAt = new Date().toISOString();
    if (troubleOf(state)) {
      own.writeState({
        ...state,
        trouble: trouble && { ...trouble, retryAt },
        fetchTrouble: fetchTrouble && { ...fetchTrouble, retryAt },
        leftAway: leftAway && allAt(leftAway, retryAt),
        refused: refused && allAt(refused, retryAt),
      });
    }
    return { site: site.name, problem: troubleOf(state)?.problem };
  });
}

function allAt<Entry>(
  bundles: Readonly<Record<string, Entry>>,
  retryAt: string,
): Record<string, Entry> {
  const soon = Object.entries(bundles)
    .map(([name, entry]) => [name, { ...entry, retryAt }]);
  return Object.fromEntries(soon);
}

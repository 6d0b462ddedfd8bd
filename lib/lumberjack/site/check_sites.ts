/**
 * Goes the whole way to each site without a job: is the site in force, can this
 * user keep its exports, is the place for bundles reached, is a file written there
 * and read back, and is there a Lumberjack?
 *
 * @module
 */
import { cronFolder } from "./cron_folder.ts";
import { loadSites, type Sites } from "./read_sites.ts";
import { oneLine } from "./retry.ts";
import type { Place, Site } from "./site.ts";
import { SiteFolder } from "./site_folder.ts";
import { transportOf } from "./transport/choose.ts";

/** One step of the way to a site. */
export interface SiteStep {
  /** The site. */
  readonly site: string;
  /** What was tried: a word. */
  readonly step: string;
  /** Whether it worked. */
  readonly ok: boolean;
  /** What worked, or what is wrong and what to do. */
  readonly message: string;
}

/**
 * Checks the sites of the configuration. Yields each step; after a step that
 * fails the site's other steps are not tried.
 *
 * @param name Only this site; undefined for all.
 */
export async function* checkSites(name?: string): AsyncGenerator<SiteStep> {
  const all = await loadSites();
  const isMeant = (site: string | undefined) =>
    name === undefined || site?.toUpperCase() === name.toUpperCase();
  for (const { site, knob, message, remedy } of all.problems) {
    if (!isMeant(site)) continue;
    yield {
      site: site ?? "",
      step: "knobs",
      ok: false,
      message: `${knob}: ${message}: ${remedy}`,
    };
  }
  for (const site of all.sites) {
    if (isMeant(site.name)) yield* checkSite(site, all);
  }
}

async function* checkSite(site: Site, sites: Sites): AsyncGenerator<SiteStep> {
  const ok = (step: string, message: string): SiteStep => ({
    ...{ site: site.name, step, ok: true, message },
  });
  let part = "folder for exports";
  try {
    const folder = await cronFolder(sites);
    SiteFolder.open(folder, site.name);
    yield ok("exports", `${folder}/${site.name} takes exports`);
    for (const [use, place] of placesOf(site)) {
      part = use;
      const { remoteExecutable: executable } = site;
      const writes = use === "SHIP";
      const steps = transportOf(place, site.name).check({ writes, executable });
      for await (const { step, message } of steps) {
        yield ok(step, `${use}: ${message}`);
      }
    }
  } catch (error) {
    const message = `${part}: ${oneLine(error)}`;
    yield { site: site.name, step: part, ok: false, message };
  }
}

/** SHIP is checked whole; FETCH only has to be readable. */
function placesOf({ ship, fetch }: Site): [use: string, place: Place][] {
  const isCommand = ship.kind === "command" && fetch.kind === "command" &&
    ship.argv.join("\0") === fetch.argv.join("\0");
  return isCommand ? [["SHIP", ship]] : [["SHIP", ship], ["FETCH", fetch]];
}

import { findCronFolder } from "../site/cron_folder.ts";
import { type LastPass, readLastPass } from "../site/journal/last_pass.ts";
import { loadSites, type Sites } from "../site/read_sites.ts";
import type { Site, SiteProblem } from "../site/site.ts";
import {
  type SiteExport,
  SiteFolder,
  type SiteState,
} from "../site/site_folder.ts";

/** What is known about one site. */
export interface KnownSite {
  /** The site as it is configured. */
  readonly site: Site;
  /** What passes remember of it; undefined if there was none. */
  readonly state: SiteState | undefined;
  /** Its exports that are away. */
  readonly exports: readonly SiteExport[];
}

/** What is known about the sites. */
export interface KnownSites {
  /** The sites that are used. */
  readonly known: readonly KnownSite[];
  /** What is wrong with knobs. */
  readonly problems: readonly SiteProblem[];
  /** The last pass; undefined if there was none. */
  readonly lastPass: LastPass | undefined;
  /** LUMBERJACK_DIR, if it is known. */
  readonly folder: string | undefined;
}

/** Without a configuration. */
export const noSites: KnownSites = {
  ...{ known: [], problems: [], lastPass: undefined, folder: undefined },
};

/** Reads the sites of the configuration and their folders. */
export async function knownSites(): Promise<KnownSites> {
  let sites: Sites;
  let folder: string | undefined;
  try {
    sites = await loadSites();
    // A wrong LUMBERJACK_DIR is among the problems.
    folder = await findCronFolder(sites).catch(() => undefined);
  } catch {
    // Without HTCondor's configuration there are no sites.
    return noSites;
  }
  const known = sites.sites.map((site): KnownSite => {
    const own = folder === undefined
      ? undefined
      : SiteFolder.find(folder, site.name);
    return {
      site,
      state: own?.readState(),
      exports: own?.exportsAway() ?? [],
    };
  });
  const lastPass = folder === undefined ? undefined : readLastPass(folder);
  return { known, problems: sites.problems, lastPass, folder };
}

/**
 * Examines what makes jobs leave and come home by themselves: the sites' knobs, who
 * runs the passes, the files of `hooks install`, rights, the Job Router's routes, and
 * whether the daemons have read all of it.
 *
 * @module
 */
import { loadConfig } from "../../condor/mod.ts";
import { readKnobs } from "../../condor/knob_dump.ts";
import { findCronFolder } from "../site/cron_folder.ts";
import { loadSites } from "../site/read_sites.ts";
import { attempt, type Check, runChecks, type Tell } from "./doctor/finding.ts";
import { examineDaemons } from "./hooks_check/daemons.ts";
import { examineFolders } from "./hooks_check/folders.ts";
import { examineInstalled } from "./hooks_check/installed.ts";
import { examinePasses } from "./hooks_check/passes.ts";
import { examineRoutes } from "./hooks_check/routes.ts";
import { examineSites } from "./hooks_check/sites.ts";
import type { HooksSubject } from "./hooks_check/subject.ts";
import { examineVersions } from "./hooks_check/versions.ts";

const checks: readonly Check<HooksSubject>[] = [
  { name: "versions", run: examineVersions },
  { name: "sites", run: examineSites },
  { name: "passes", run: examinePasses },
  { name: "files", run: examineInstalled },
  { name: "rights", run: examineFolders },
  { name: "routes", run: examineRoutes },
  { name: "daemons", run: examineDaemons },
];

const pattern = "^(JOB_ROUTER|SCHEDD_CRON|DAEMON_LIST|LUMBERJACK|.*_HOOK_)";

/** Runs all checks. Never throws: an error becomes a finding. */
export async function checkHooks(tell: Tell): Promise<void> {
  await attempt("configuration", tell, async () => {
    const sites = await loadSites();
    const knobs = new Map(
      (await readKnobs(pattern)).map((knob) => [knob.name.toUpperCase(), knob]),
    );
    const config = await loadConfig();
    const folder = await findCronFolder(sites);
    await runChecks(checks, { config, sites, folder, knobs }, tell);
  });
}

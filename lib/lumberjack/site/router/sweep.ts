import { join } from "@std/path";
import { formatJobId, type JobId, parseJobIdPattern } from "../../job/id.ts";
import { managed, managedExternal } from "../../job/lock.ts";
import { removeStage } from "./staged_job.ts";

/** A folder is looked at again after so many seconds. */
const every = 3600;
/** At most so many folders at once: the schedd evaluates a term for each. */
const atOnce = 20;

/** Returns those of the jobs that the router still works on; for tests. */
export type RoutedSources = typeof routedSources;

/**
 * Removes folders of the owner that a hook has left because it was killed, and
 * whose source left the queue before it was routed again. Each folder is looked at
 * once an hour. If the schedd cannot be asked, nothing is removed.
 *
 * @param ownerFolder The owner's folder in `job-router`.
 * @param now The time.
 * @param ask Asks which sources are still routed.
 */
export async function sweepStages(
  ownerFolder: string,
  now = new Date(),
  ask: RoutedSources = routedSources,
): Promise<void> {
  try {
    const old = oldFolders(ownerFolder, now.getTime() - every * 1000);
    if (old.length === 0) return;
    for (const name of old) Deno.utimeSync(join(ownerFolder, name), now, now);
    const routed = await ask(old.map(idOf));
    for (const name of old) {
      if (!routed.has(name)) removeStage(join(ownerFolder, name));
    }
  } catch {
    // The hook's own work is done. The next hook looks again.
  }
}

function idOf(name: string): JobId {
  const { cluster, proc = 0 } = parseJobIdPattern(name);
  return { cluster, proc };
}

function oldFolders(ownerFolder: string, before: number): string[] {
  return [...Deno.readDirSync(ownerFolder)]
    .filter(({ name, isDirectory }) => isDirectory && /^\d+\.\d+$/.test(name))
    .map(({ name }) => name)
    .filter((name) => {
      const { mtime } = Deno.lstatSync(join(ownerFolder, name));
      return mtime !== null && mtime.getTime() < before;
    })
    .slice(0, atOnce);
}

/** The router has claimed a source as long as there is a copy, or a hook runs for it. */
async function routedSources(
  sources: readonly JobId[],
): Promise<ReadonlySet<string>> {
  // Hooks that find no old folder do not talk to the schedd.
  const { loadConfig, locateSchedd, Schedd, securityOf } = await import(
    "../../../condor/mod.ts"
  );
  const config = await loadConfig();
  const security = securityOf(config);
  const schedd = new Schedd(
    await locateSchedd({}, config, security),
    security,
  );
  const ads = schedd.queryJobs({
    constraint: sources.map(({ cluster, proc }) =>
      `(ClusterId == ${cluster} && ProcId == ${proc})`
    ).join(" || "),
    projection: ["ClusterId", "ProcId", managed],
  });
  const routed = new Set<string>();
  for await (const ad of ads) {
    const cluster = ad.integer("ClusterId"), proc = ad.integer("ProcId");
    if (cluster === undefined || proc === undefined) continue;
    if (ad.string(managed) === managedExternal) {
      routed.add(formatJobId({ cluster, proc }));
    }
  }
  return routed;
}

import { basename, dirname, join } from "@std/path";
import { quote } from "../../../classad/mod.ts";
import { compareJobIds, formatJobId, type JobId } from "../../job/id.ts";
import { managed, managedExternal } from "../../job/lock.ts";
import { removeStage, sourceOfStage, stageAttribute } from "./staged_job.ts";

/** A folder is looked at again after so many seconds. */
const every = 3600;
/** At most so many folders at once: the schedd evaluates two terms for each. */
const atOnce = 20;

/** A folder that may not be needed any more. */
export interface OldStage {
  /** The folder, absolute. */
  readonly folder: string;
  /** The job for whose copy it was made. */
  readonly source: JobId;
}

/** What the queue knows of folders. */
export interface StagesInUse {
  /** The folders that a job in the queue names. */
  readonly named: ReadonlySet<string>;
  /** The sources that the router works on, as `CLUSTER.PROC`. */
  readonly routed: ReadonlySet<string>;
}

/** Asks the queue which folders are in use; for tests. */
export type AskStages = (stages: readonly OldStage[]) => Promise<StagesInUse>;

/**
 * Removes folders of the owner that a hook has left because it was killed. A folder
 * stays if a job in the queue names it. The newest folder of a source stays also as
 * long as the router works on that source. Each folder is looked at once an hour,
 * and the earlier folders of a source whenever it is routed again. If the schedd
 * cannot be asked, nothing is removed.
 *
 * @param ownerFolder The owner's folder in `job-router`.
 * @param options `newest` is the folder of a routing that begins now. `now` is the
 * time, and `ask` asks the queue.
 */
export async function sweepStages(
  ownerFolder: string,
  { newest, now = new Date(), ask = stagesInUse }: {
    readonly newest?: string;
    readonly now?: Date;
    readonly ask?: AskStages;
  } = {},
): Promise<void> {
  try {
    const all = stagesIn(ownerFolder);
    const old = all.filter((stage) => stage.folder !== newest).filter((stage) =>
      newest !== undefined && isOfSameSource(stage.folder, newest) ||
      isOld(stage, now)
    ).slice(0, atOnce);
    if (old.length === 0) return;
    for (const { folder } of old) Deno.utimeSync(folder, now, now);
    const { named, routed } = await ask(old);
    for (const { folder, source } of old) {
      const isInUse = named.has(folder) ||
        routed.has(formatJobId(source)) && !isFollowed(folder, all);
      if (!isInUse) removeStage(folder);
    }
  } catch {
    // The hook's own work is done. The next hook looks again.
  }
}

/** Whether a later routing of the same source has its folder beside this one. */
export function hasLaterStage(stage: string): boolean {
  try {
    return isFollowed(stage, stagesIn(dirname(stage)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isFollowed(folder: string, all: readonly OldStage[]): boolean {
  return all.some((other) =>
    other.folder > folder && isOfSameSource(other.folder, folder)
  );
}

/** Returns the folders of all routings of the owner's jobs. */
function stagesIn(ownerFolder: string): OldStage[] {
  return [...Deno.readDirSync(ownerFolder)].flatMap(({ name, isDirectory }) => {
    const source = isDirectory ? sourceOfStage(name) : undefined;
    return source ? [{ folder: join(ownerFolder, name), source }] : [];
  });
}

function isOfSameSource(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => sourceOfStage(basename(path)));
  return one !== undefined && other !== undefined &&
    dirname(a) === dirname(b) && compareJobIds(one, other) === 0;
}

function isOld({ folder }: OldStage, now: Date): boolean {
  const { mtime } = Deno.lstatSync(folder);
  return mtime !== null && mtime.getTime() < now.getTime() - every * 1000;
}

/** The router has claimed a source as long as there is a copy, or a hook runs for it. */
async function stagesInUse(stages: readonly OldStage[]): Promise<StagesInUse> {
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
    constraint: stages.map(({ folder, source: { cluster, proc } }) =>
      `(ClusterId == ${cluster} && ProcId == ${proc}) || ` +
      `${stageAttribute} == ${quote(folder)}`
    ).join(" || "),
    projection: ["ClusterId", "ProcId", managed, stageAttribute],
  });
  const named = new Set<string>();
  const routed = new Set<string>();
  for await (const ad of ads) {
    const stage = ad.string(stageAttribute);
    if (stage !== undefined) named.add(stage);
    const cluster = ad.integer("ClusterId"), proc = ad.integer("ProcId");
    if (cluster === undefined || proc === undefined) continue;
    if (ad.string(managed) === managedExternal) {
      routed.add(formatJobId({ cluster, proc }));
    }
  }
  return { named, routed };
}

/**
 * Values that completion offers, which the queue, the collector or the
 * configuration knows.
 *
 * @module
 */
import { FlagValues } from "./command.ts";
import { openQueue, scheddRequest } from "./queue_flags.ts";

/** A word that completion offers, and what is said of it. */
export interface Candidate {
  readonly text: string;
  readonly remark?: string;
}

/** The kinds of values that are asked for when somebody presses Tab. */
export type LiveKind =
  | "attributes"
  | "attribute-list"
  | "exports"
  | "jobs"
  | "schedds"
  | "sites";

/** Nobody waits longer for a Tab, in milliseconds. */
const patience = 3000;
/** How many job ads are looked at for the names of attributes. */
export const sampledJobs = 20;
/** How many jobs are offered. */
const offeredJobs = 200;

/**
 * Returns the values of a kind that complete `word`. `flags` choose the queue.
 * If the values cannot be had in time, none are returned.
 */
export async function liveValues(
  kind: LiveKind,
  word: string,
  flags: FlagValues = new FlagValues(new Map()),
): Promise<readonly Candidate[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), patience);
  });
  try {
    return await Promise.race([valuesOf(kind, word, flags), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

async function valuesOf(
  kind: LiveKind,
  word: string,
  flags: FlagValues,
): Promise<readonly Candidate[]> {
  if (kind === "attributes" || kind === "attribute-list") {
    return inExpression(await attributeNames(flags), word);
  }
  const values = await { exports, jobs, schedds, sites }[kind](flags);
  return values.filter(({ text }) => text.startsWith(word));
}

/**
 * Completes the name at the end of an expression. A quote in front of the
 * expression belongs to the shell. Names do not differ by upper and lower case.
 */
function inExpression(
  names: readonly string[],
  word: string,
): readonly Candidate[] {
  const expression = word.replace(/^["']/, "");
  const before = expression.replace(/[A-Za-z_]\w*$/, "");
  // In a string of the expression no attribute can stand.
  if ((before.match(/"/g) ?? []).length % 2 === 1) return [];
  const part = expression.slice(before.length).toLowerCase();
  return names.filter((name) => name.toLowerCase().startsWith(part))
    .map((name) => ({ text: before + name }));
}

/** The names of attributes that some jobs of the queue have, sorted. */
export async function attributeNames(
  flags: FlagValues,
): Promise<readonly string[]> {
  const names = new Map<string, string>();
  for (const name of await sampledNames(flags)) {
    const key = name.toLowerCase();
    if (!names.has(key)) names.set(key, name);
  }
  return [...names.values()].sort();
}

async function sampledNames(flags: FlagValues): Promise<string[]> {
  const file = flags.string("queue");
  if (file === undefined) {
    const ads = await sampleJobs(flags, { limit: sampledJobs });
    return ads.flatMap((ad) => ad.names());
  }
  const { QueueTable } = await import("../queue_log/mod.ts");
  using table = QueueTable.open(file);
  const names: string[] = [];
  for (const ad of [...table.procs()].slice(0, sampledJobs)) {
    names.push(...ad.names(), ...ad.parent?.names() ?? []);
  }
  return names;
}

/** Some jobs of the running schedd that the flags name. */
async function sampleJobs(
  flags: FlagValues,
  query: { readonly limit: number; readonly projection?: readonly string[] },
) {
  const { loadConfig, locateSchedd, Schedd, securityOf } = await import(
    "../condor/mod.ts"
  );
  const config = await loadConfig();
  const security = securityOf(config);
  const location = await locateSchedd(scheddRequest(flags), config, security);
  const schedd = new Schedd(location, security);
  const ads = [];
  for await (const ad of schedd.queryJobs({ constraint: "true", ...query })) {
    ads.push(ad);
  }
  return ads;
}

async function jobs(flags: FlagValues): Promise<readonly Candidate[]> {
  const file = flags.string("queue");
  if (file !== undefined) {
    const { QueueTable } = await import("../queue_log/mod.ts");
    using table = QueueTable.open(file);
    const ids = [...table.procs()].slice(0, offeredJobs);
    return ids.map(({ key }) => ({ text: key }));
  }
  const ads = await sampleJobs(flags, {
    limit: offeredJobs,
    projection: ["ClusterId", "ProcId", "Owner"],
  });
  return ads.map((ad) => ({
    text: `${ad.integer("ClusterId")}.${ad.integer("ProcId")}`,
    remark: ad.string("Owner"),
  }));
}

async function exports(flags: FlagValues): Promise<readonly Candidate[]> {
  const { status } = await import("../lumberjack/report/status.ts");
  const queue = await openQueue(flags, { changes: false });
  try {
    const { exports } = await status(queue);
    return exports.flatMap(({ exportId, owner, state, jobs }) =>
      exportId === null ? [] : [{
        text: exportId,
        remark: `${jobs} of ${owner}, ${state}`,
      }]
    );
  } finally {
    await queue.close();
  }
}

async function schedds(flags: FlagValues): Promise<readonly Candidate[]> {
  const { collectorAddresses, loadConfig, queryScheddAds, securityOf } =
    await import("../condor/mod.ts");
  const config = await loadConfig();
  const security = securityOf(config);
  const [address] = collectorAddresses(
    flags.string("pool"),
    config.list("COLLECTOR_HOST"),
    config.get("COLLECTOR_PORT"),
  );
  if (address === undefined) return [];
  const projection = ["Name", "TotalIdleJobs"];
  const ads = await queryScheddAds(address, { projection }, security);
  return ads.flatMap((ad) => {
    const text = ad.string("Name");
    const idle = ad.integer("TotalIdleJobs") ?? 0;
    return text === undefined ? [] : [{ text, remark: `${idle} idle` }];
  });
}

async function sites(): Promise<readonly Candidate[]> {
  const { loadSites } = await import("../lumberjack/site/read_sites.ts");
  const { sites, problems } = await loadSites();
  const names = new Map<string, string>();
  for (const { site } of problems) if (site) names.set(site, "not in force");
  for (const { name, constraint } of sites) names.set(name, constraint);
  return [...names].map(([text, remark]) => ({ text, remark }));
}

import { shellWord } from "../shell_word.ts";
import { atSite, spoolOf } from "../site/at_site.ts";
import type { Site } from "../site/site.ts";
import { troublesOf } from "../site/site_trouble.ts";
import type { KnownSites } from "./known_sites.ts";
import type { ExportOverview, SiteOverview } from "./site_overview.ts";

/** Something that does not go on by itself. */
export interface Stuck {
  /** A site, an export, `passes`, `queue` or `configuration`. */
  readonly what: string;
  /** Since when, ISO 8601, UTC; null if that is not known. */
  readonly since: string | null;
  /** Why, as one line. */
  readonly reason: string;
  /** Why, one by one, if there is more than one reason. */
  readonly reasons?: readonly string[];
  /** What to do by hand, at the site for example, one line each. */
  readonly advice?: readonly string[];
  /** How many jobs it holds up, if that is known. */
  readonly jobs?: number;
  /** When it is tried again, ISO 8601, UTC, if that is known. */
  readonly retryAt?: string;
  /** What to run, one command after the other. */
  readonly commands: readonly string[];
}

/** What is away. */
interface Away {
  readonly exports: readonly ExportOverview[];
  readonly sites: readonly SiteOverview[];
}

/** An export that is planned for so long was interrupted, in seconds. */
const longestPlanned = 3600;

/** Returns what is stuck, the most urgent first. */
export function whatIsStuck(
  overview: Away,
  sites: Pick<KnownSites, "lastPass" | "problems" | "known">,
  now: Date,
): Stuck[] {
  return [
    ...stuckPasses(sites, now),
    ...stuckSites(overview, sites),
    ...stayingJobs(sites),
    ...strayKnobs(sites),
    ...stuckExports(overview, sites),
  ];
}

function stuckPasses(
  { lastPass, known, problems }: Parameters<typeof whatIsStuck>[1],
  now: Date,
): Stuck[] {
  if (known.length + problems.length === 0) return [];
  const commands = ["lumberjack cron"];
  if (lastPass === undefined) {
    const reason =
      "no pass has run: docs/automation.md says how they are started";
    return [{ what: "passes", since: null, reason, commands }];
  }
  const { at, aliveUntil, lines, queueProblem } = lastPass;
  if (lines.includes('State = "failed"')) {
    const problem = lines.find((line) => line.startsWith("Problem = ")) ?? "";
    const reason = problem.replace(/^Problem = "?|"?$/g, "");
    return [{ what: "passes", since: at, reason, commands }];
  }
  // A loop that was turned off says 1970.
  const last = Math.max(Date.parse(aliveUntil), Date.parse(at) + 900_000);
  if (now.getTime() < last) {
    if (queueProblem === undefined) return [];
    return [{ what: "queue", since: at, reason: queueProblem, commands }];
  }
  const reason = "no pass has run since then: is the schedd, the loop or the " +
    "timer that starts them off?";
  return [{ what: "passes", since: at, reason, commands }];
}

function stuckSites(
  { sites }: Pick<Away, "sites">,
  { known }: Pick<KnownSites, "known">,
): Stuck[] {
  return sites.flatMap(({ site, state, problem, since, jobs, retryAt }) => {
    if (problem === undefined) return [];
    const commands = state === "wrong" ? [`lumberjack sites ${site}`] : [
      `lumberjack sites ${site} check`,
      `lumberjack sites ${site} retry`,
    ];
    const found = known.find((known) => known.site.name === site);
    const troubles = troublesOf(found?.state ?? {});
    const advice = troubles.flatMap(({ advice = [] }) => advice);
    return [{
      ...{ what: site, since: since ?? null, reason: problem, jobs, commands },
      ...(troubles.length > 1 && {
        reasons: troubles.map(({ problem }) => problem),
      }),
      ...(advice.length > 0 && { advice }),
      ...(retryAt !== undefined && { retryAt }),
    }];
  });
}

/** Jobs that a site would take, and whose files cannot be read, say. */
function stayingJobs({ known }: Pick<KnownSites, "known">): Stuck[] {
  return known.flatMap(({ site, state }) => {
    const stayed = Object.entries(state?.stayed ?? {});
    if (stayed.length === 0) return [];
    const [id, reason] = stayed[0];
    return [{
      ...{ what: site.name, since: null, jobs: stayed.length },
      reason: `jobs that match stay here: ${id}: ${reason}`,
      commands: [`lumberjack why ${id}`],
    }];
  });
}

/** Returns what to type to see how an export stands at its site. */
function askSite(site: Site, exportId: string): string {
  const command = `${shellWord(site.remoteExecutable)} remote status --spool ${
    spoolOf(site, exportId)
  }`;
  return `how many jobs have ended there? ${atSite(site, command)}`;
}

function strayKnobs({ problems }: Pick<KnownSites, "problems">): Stuck[] {
  return problems.filter(({ site }) => site === undefined)
    .map(({ knob, message, remedy }) => ({
      what: "configuration",
      since: null,
      reason: `${knob}: ${message}: ${remedy}`,
      commands: ["lumberjack sites"],
    }));
}

function stuckExports(
  { exports }: Pick<Away, "exports">,
  { known }: Pick<KnownSites, "known">,
): Stuck[] {
  return exports.flatMap((found): Stuck[] => {
    const { exportId, state, createdAt, jobs, overdue, ageSeconds } = found;
    if (exportId === null) return [];
    const what = exportId;
    const base = { what, since: createdAt, jobs };
    const recover = `lumberjack recover --export-id ${exportId}`;
    if (state === "planned" && (ageSeconds ?? 0) > longestPlanned) {
      return [{ ...base, reason: "was interrupted", commands: [recover] }];
    }
    if (state === "unexported") {
      const reason = "its jobs were being taken back";
      return [{ ...base, reason, commands: [recover] }];
    }
    if (!overdue) return [];
    const reason = "is away for longer than RETURN_BY: look whether the site " +
      "still works, and whether it runs the jobs; only if they surely run " +
      "nowhere, take them back with unexport";
    const own = known.find(({ site }) => site.name === found.site)?.site;
    return [{
      ...{ ...base, reason },
      ...(own && { advice: [askSite(own, exportId)] }),
      commands: [
        ...(own ? [`lumberjack sites ${own.name} check`] : []),
        `lumberjack unexport --export-id ${exportId}`,
      ],
    }];
  });
}

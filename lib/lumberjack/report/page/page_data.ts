import { type HistoryEvent, readHistory } from "../../site/journal/history.ts";
import type { JobQueue } from "../../queue/job_queue.ts";
import { type KnownSites, knownSites } from "../known_sites.ts";
import { describe, type Overview } from "../overview.ts";
import { status } from "../status.ts";

/** Where an export is, as the page shows it. */
export type Place = "leaving" | "away" | "stuck" | "home";

/** Every place, in the order of a job's way. */
export const places: readonly Place[] = ["leaving", "away", "stuck", "home"];

/** One export on its way. Times are ISO 8601, UTC. */
export interface Journey {
  /** The export's id. */
  readonly exportId: string;
  /** Its site; `by hand` if it has none. */
  readonly site: string;
  /** The owner of its jobs. */
  readonly owner: string;
  /** How many jobs left. */
  readonly jobs: number;
  /** How many of them are away now. */
  readonly jobsAway: number;
  /** When it was made. */
  readonly from: string;
  /** When it was sent, if it was. */
  readonly sentAt: string | undefined;
  /** When its last jobs came home; undefined if some are away. */
  readonly homeAt: string | undefined;
  /** Where it is. */
  readonly place: Place;
  /** How many bytes were sent. */
  readonly bytesSent: number;
  /** How many bytes came back. */
  readonly bytesBack: number;
}

/** What the page shows. */
export interface PageData {
  /** The schedd. */
  readonly schedd: string;
  /** When the page was made. */
  readonly at: Date;
  /** What is away and what is stuck now. */
  readonly overview: Overview;
  /** The exports of the last days, oldest first. */
  readonly journeys: readonly Journey[];
  /** The events of the last days, oldest first. */
  readonly events: readonly HistoryEvent[];
}

/** Collects what the page shows: what is away now, and the history. */
export async function pageData(
  queue: JobQueue,
  { days, now = new Date() }: { readonly days: number; readonly now?: Date },
): Promise<PageData> {
  const found = await status(queue);
  const sites = await knownSites();
  return joinData(queue.name, {
    overview: describe(found, sites, now),
    events: eventsOf(sites, days, now),
    now,
  });
}

function eventsOf(
  { folder }: KnownSites,
  days: number,
  now: Date,
): HistoryEvent[] {
  if (folder === undefined) return [];
  const from = now.getTime() - days * 86_400_000;
  return readHistory(folder).filter(({ at }) => Date.parse(at) >= from);
}

/** Joins what is away now with what the history says. */
export function joinData(
  schedd: string,
  { overview, events, now }: {
    readonly overview: Overview;
    readonly events: readonly HistoryEvent[];
    readonly now: Date;
  },
): PageData {
  const byExport = Map.groupBy(
    events.filter(({ exportId }) => exportId !== undefined),
    ({ exportId }) => exportId!,
  );
  const journeys = new Map<string, Journey>();
  for (const [exportId, own] of byExport) {
    const first = own.find(({ event }) => event === "exported") ?? own[0];
    journeys.set(exportId, {
      exportId,
      site: first.site,
      owner: first.owner ?? "",
      jobs: first.jobs ?? 0,
      jobsAway: 0,
      from: first.at,
      sentAt: own.find(({ event }) => event === "sent")?.at,
      homeAt: own.at(-1)!.at,
      place: "home",
      bytesSent: sum(own, "sent"),
      bytesBack: sum(own, "imported"),
    });
  }
  for (const found of overview.exports) {
    const { exportId, site, sentAt, createdAt } = found;
    if (exportId === null) continue;
    const before = journeys.get(exportId);
    const stuck = overview.stuck.some(({ what }) =>
      what === exportId || what === site
    );
    journeys.set(exportId, {
      ...{ jobs: found.jobs, bytesSent: 0, bytesBack: 0 },
      ...{ from: createdAt ?? now.toISOString(), owner: found.owner },
      ...before,
      exportId,
      site: site ?? "by hand",
      jobsAway: found.jobs,
      sentAt: sentAt ?? before?.sentAt,
      homeAt: undefined,
      place: stuck
        ? "stuck"
        : site !== null && sentAt === null
        ? "leaving"
        : "away",
    });
  }
  return {
    ...{ schedd, at: now, overview, events },
    journeys: [...journeys.values()].sort((a, b) => a.from < b.from ? -1 : 1),
  };
}

function sum(
  events: readonly HistoryEvent[],
  kind: HistoryEvent["event"],
): number {
  return events.filter(({ event }) => event === kind)
    .reduce((total, { bytes }) => total + (bytes ?? 0), 0);
}

/**
 * The page's charts. Observable Plot draws them here, into SVG text: the page needs
 * neither a script nor a network. Colours are variables of the page's style, so
 * that a chart is readable in light and dark.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import {
  type Journey,
  type PageData,
  type Place,
  places,
} from "./page_data.ts";

/** The most exports that the timeline shows: the newest ones. */
const mostBars = 120;

const width = 960;

const color = {
  domain: [...places],
  range: places.map((place) => `var(--${place})`),
};

/** A chart as SVG text; undefined if there is nothing to draw. */
export type Chart = string | undefined;

/** Draws the exports as bars over time. Each bar is a link to its row. */
export function timeline({ journeys, at }: PageData): Chart {
  const shown = journeys.slice(-mostBars);
  const bars = shown.map((journey) => ({
    ...journey,
    start: new Date(journey.from),
    end: new Date(journey.homeAt ?? at),
  }));
  const rows = new Map(bars.map(({ exportId }, row) => [exportId, row]));
  return draw(bars.length, {
    marginBottom: 45,
    height: 75 + 16 * bars.length,
    marginLeft: 160,
    x: { type: "utc", label: "time (UTC)", grid: true },
    y: {
      domain: [...rows.values()].reverse(),
      label: null,
      tickFormat: (row: number) => `${bars[row].site} ${bars[row].owner}`,
      tickSize: 0,
    },
    marks: [
      Plot.barX(bars, {
        x1: "start",
        x2: "end",
        y: ({ exportId }) => rows.get(exportId),
        fill: "place",
        inset: 1,
        rx: 3,
        href: ({ exportId }) => `#${exportId}`,
        ariaLabel: sentence,
        title: sentence,
      }),
    ],
  }, "Exports over time");
}

/** Says of an export in a sentence what its bar shows. */
function sentence(
  { exportId, site, owner, jobs, from, homeAt, place }: Journey,
): string {
  const until = homeAt === undefined ? place : `home ${homeAt}`;
  return `${exportId}: ${jobs} jobs of ${owner}, ${site}, from ${from}, ${until}`;
}

/** Draws how many jobs of each site are where. */
export function jobsBySite({ journeys }: PageData): Chart {
  const counts = new Map<
    string,
    { site: string; place: Place; jobs: number }
  >();
  const add = (site: string, place: Place, jobs: number) => {
    if (jobs === 0) return;
    const key = `${site} ${place}`;
    const count = counts.get(key) ?? { site, place, jobs: 0 };
    count.jobs += jobs;
    counts.set(key, count);
  };
  for (const { site, place, jobs, jobsAway } of journeys) {
    if (place !== "home") add(site, place, jobsAway);
    add(site, "home", jobs - jobsAway);
  }
  const sites = new Set([...counts.values()].map(({ site }) => site));
  return draw(counts.size, {
    marginBottom: 45,
    height: 75 + 40 * sites.size,
    marginLeft: 160,
    x: { label: "jobs", grid: true },
    y: { label: null, tickSize: 0 },
    marks: [
      Plot.barX(counts.values(), {
        ...{ x: "jobs", y: "site", fill: "place", order: [...places] },
        title: ({ site, place, jobs }) => `${site}: ${jobs} jobs ${place}`,
        ariaLabel: ({ site, place, jobs }) => `${site}: ${jobs} jobs ${place}`,
      }),
    ],
  }, "Jobs by site and place");
}

/** Draws the bytes of each day: sent upwards, come back downwards. */
export function bytesByDay({ events }: PageData): Chart {
  const days = new Map<
    string,
    { day: Date; place: Place; megabytes: number }
  >();
  for (const { at, event, bytes = 0 } of events) {
    if (bytes === 0 || event !== "sent" && event !== "imported") continue;
    const key = `${at.slice(0, 10)} ${event}`;
    const day = new Date(`${at.slice(0, 10)}T00:00:00Z`);
    const place = event === "sent" ? "away" : "home";
    const sum = days.get(key) ?? { day, place, megabytes: 0 };
    sum.megabytes += (event === "sent" ? 1 : -1) * bytes / 1e6;
    days.set(key, sum);
  }
  const describe = (
    { day, place, megabytes }: { day: Date; place: Place; megabytes: number },
  ) =>
    `${day.toISOString().slice(0, 10)}: ${
      Math.abs(megabytes).toPrecision(3)
    } MB ${place === "away" ? "sent" : "came back"}`;
  return draw(days.size, {
    height: 240,
    marginBottom: 45,
    marginLeft: 70,
    x: { type: "utc", label: "day (UTC)" },
    y: {
      grid: true,
      label: "MB sent (above), came back (below)",
      tickFormat: (value: number) => String(Math.abs(value)),
    },
    marks: [
      Plot.rectY([...days.values()], {
        ...{ x: "day", interval: "day", y: "megabytes", fill: "place" },
        ...{ title: describe, ariaLabel: describe },
      }),
      Plot.ruleY([0]),
    ],
  }, "Bytes of each day");
}

/** Draws for each export that is home how long it was away. */
export function hoursAway({ journeys }: PageData): Chart {
  const home = journeys.flatMap((journey) => {
    if (journey.homeAt === undefined) return [];
    const hours = Date.parse(journey.homeAt) - Date.parse(journey.from);
    return [{
      ...journey,
      at: new Date(journey.homeAt),
      hours: hours / 3_600_000,
    }];
  });
  return draw(home.length, {
    height: 240,
    marginBottom: 45,
    marginLeft: 70,
    x: { type: "utc", label: "came home (UTC)", grid: true },
    y: { label: "hours away", grid: true, zero: true },
    marks: [
      Plot.dot(home, {
        ...{ x: "at", y: "hours", r: 4, fill: "place", symbol: "site" },
        href: ({ exportId }) => `#${exportId}`,
        title: sentence,
        ariaLabel: sentence,
      }),
    ],
  }, "Hours that exports were away");
}

function draw(
  count: number,
  options: Plot.PlotOptions,
  title: string,
): Chart {
  if (count === 0) return undefined;
  const { document } = parseHTML("<!doctype html><body></body>") as unknown as {
    readonly document: Plot.PlotOptions["document"];
  };
  const chart = Plot.plot({
    ...{ document, width, color, ariaLabel: title },
    style: { fontSize: "12px" },
    ...options,
  });
  chart.setAttribute("role", "group");
  return chart.outerHTML;
}

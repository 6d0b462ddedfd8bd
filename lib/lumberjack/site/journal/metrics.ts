/**
 * What passes came to, as text for Prometheus. node_exporter's textfile collector
 * reads it.
 *
 * @module
 */
import { writeTextDurably } from "../../../queue_log/mod.ts";
import type { PassReport } from "../pass.ts";
import type { Sites } from "../read_sites.ts";

interface Metric {
  readonly name: string;
  readonly help: string;
  /** By site; the empty name is the pass as a whole. */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * Returns the metrics of a pass. A pass that failed has no numbers about sites:
 * `lumberjack_up` is 0 then.
 *
 * @param sites The sites as they are configured.
 * @param report What the pass did; undefined if it failed.
 * @param now The time, in seconds since 1970.
 * @param seconds How long the pass took.
 */
export function metricsText(
  { sites, problems }: Sites,
  report: PassReport | undefined,
  now: number,
  seconds: number,
): string {
  const one = (value: number) => new Map([["", value]]);
  const bySite = (value: (site: PassReport["sites"][number]) => number) =>
    new Map(report?.sites.map((site) => [site.site, value(site)]) ?? []);
  const metrics: Metric[] = [
    {
      name: "lumberjack_up",
      help: "1 if the last pass worked, 0 if it failed as a whole.",
      values: one(report === undefined ? 0 : 1),
    },
    {
      name: "lumberjack_last_pass_seconds",
      help: "When the last pass ended, in seconds since 1970.",
      values: one(now),
    },
    {
      name: "lumberjack_pass_duration_seconds",
      help: "How long the last pass took.",
      values: one(seconds),
    },
    {
      name: "lumberjack_sites_in_force",
      help: "How many sites are in force.",
      values: one(sites.length),
    },
    {
      name: "lumberjack_wrong_knobs",
      help: "How many knobs are wrong.",
      values: one(problems.length),
    },
    {
      name: "lumberjack_jobs_away",
      help: "How many jobs are away.",
      values: bySite(({ away }) => away),
    },
    {
      name: "lumberjack_exports_overdue",
      help: "How many exports are away for longer than RETURN_BY.",
      values: bySite(({ overdue }) => overdue),
    },
    {
      name: "lumberjack_site_up",
      help: "1 if the site works, 0 if a step failed.",
      values: bySite(({ problem }) => problem === undefined ? 1 : 0),
    },
    {
      name: "lumberjack_site_trouble_since_seconds",
      help: "Since when the site fails, in seconds since 1970; 0 if it works.",
      values: bySite(({ since }) =>
        since === undefined ? 0 : Math.floor(Date.parse(since) / 1000)
      ),
    },
  ];
  return metrics.map(textOf).join("");
}

function textOf({ name, help, values }: Metric): string {
  const lines = [...values].map(([site, value]) =>
    site === "" ? `${name} ${value}` : `${name}{site="${site}"} ${value}`
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""]
    .join("\n");
}

/**
 * Writes the metrics to a file, under a temporary name first: node_exporter never
 * reads half a file. Throws QueueLogError.
 */
export function writeMetrics(path: string, text: string): void {
  writeTextDurably(path, text, { mode: 0o644 });
}

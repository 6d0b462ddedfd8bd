import { quote } from "../../classad/mod.ts";
import type { PassReport } from "./pass.ts";
import type { Sites } from "./read_sites.ts";
import type { SiteProblem } from "./site.ts";

/** What a pass came to. */
export type PassOutcome =
  | { readonly report: PassReport }
  /** The pass as a whole failed; the problem is one line. */
  | { readonly problem: string };

/**
 * Returns what a pass publishes in the schedd's ad: lines `NAME = VALUE` for
 * SCHEDD_CRON. Each name is there every time, and each value is a literal: a name
 * that one run leaves out would keep its old value in the ad.
 *
 * @param sites The sites as they are configured.
 * @param outcome What the pass came to.
 * @param now The time, in seconds since 1970.
 */
export function publishedLines(
  { sites, problems }: Sites,
  outcome: PassOutcome,
  now: number,
): string[] {
  const report = "report" in outcome ? outcome.report : undefined;
  const sum = (field: "away" | "overdue") =>
    report?.sites.reduce((sum, site) => sum + site[field], 0) ?? 0;
  const general = generalProblem(outcome, problems, report);
  const lines = [
    `LastPass = ${now}`,
    `State = ${quote(stateOf(outcome, general))}`,
    `Problem = ${quote(general)}`,
    `Away = ${sum("away")}`,
    `Overdue = ${sum("overdue")}`,
    `Sites = {${sites.map(({ name }) => quote(name)).join(", ")}}`,
  ];
  for (const { name } of sites) {
    const site = report?.sites.find(({ site }) => site === name);
    lines.push(
      `${name}_Away = ${site?.away ?? 0}`,
      `${name}_Overdue = ${site?.overdue ?? 0}`,
      `${name}_Problem = ${quote(site?.problem ?? "")}`,
      `${name}_Since = ${quote(site?.since ?? "")}`,
    );
  }
  for (const name of new Set(problems.map(({ site }) => site))) {
    if (name === undefined || !/^\w+$/.test(name)) continue;
    if (sites.some((site) => site.name === name)) continue;
    const problem = problems.find(({ site }) => site === name)!;
    const text = knobProblem(problem);
    lines.push(
      `${name}_Away = 0`,
      `${name}_Overdue = 0`,
      `${name}_Problem = ${quote(text)}`,
      `${name}_Since = ""`,
    );
  }
  return lines;
}

function generalProblem(
  outcome: PassOutcome,
  problems: readonly SiteProblem[],
  report: PassReport | undefined,
): string {
  if ("problem" in outcome) return outcome.problem;
  const troubled = report?.sites.filter(({ problem }) => problem !== undefined)
    .map(({ site, problem }) => `${site}: ${problem}`) ?? [];
  if (problems.length > 0) {
    const more = problems.length - 1;
    troubled.unshift(
      knobProblem(problems[0]) +
        (more > 0 ? ` (lumberjack sites shows ${more} more)` : ""),
    );
  }
  if (report?.problem !== undefined) troubled.unshift(report.problem);
  return troubled.join("; ");
}

/** Returns what is wrong with a knob, as one line. */
function knobProblem({ knob, message, remedy }: SiteProblem): string {
  return `${knob}: ${message}: ${remedy}`.replace(/\s+/g, " ");
}

function stateOf(outcome: PassOutcome, problem: string): string {
  if ("problem" in outcome) return "failed";
  if (outcome.report.isBusy) return "busy";
  return problem === "" ? "ok" : "trouble";
}

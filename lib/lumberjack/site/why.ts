/**
 * Explains one job: why it does not leave, and why it is not back.
 *
 * @module
 */
import {
  compile,
  type Expr,
  parse,
  references,
  type Scope,
  unparse,
  unparseValue,
} from "../../classad/mod.ts";
import { LumberjackError } from "../error.ts";
import { readManifest } from "../export_dir/manifest.ts";
import { siteAttribute } from "../job/lock.ts";
import { stateAttribute, stuckReasonAttribute } from "../job/whereabouts.ts";
import { stringOf, valueOf } from "../job/attribute_values.ts";
import { reasonToStay } from "../job/eligibility.ts";
import { formatJobId, type JobId, parseJobIdPattern } from "../job/id.ts";
import {
  type Lock,
  lockOf,
  managed,
  managedExternal,
  managedManager,
} from "../job/lock.ts";
import type { JobQueue } from "../queue/job_queue.ts";
import { jobsOfExport } from "../queue/locked_jobs.ts";
import type { Sites } from "./read_sites.ts";
import type { Site } from "./site.ts";
import { leavingFor } from "./site_jobs.ts";
import type { SiteFolder } from "./site_folder.ts";
import { limitsOf } from "./why_limits.ts";

/** A part of a constraint that is not true for the job. */
export interface FailingClause {
  /** The part: one of the expressions that `&&` joins. */
  readonly clause: string;
  /** What it evaluates to: `false`, `undefined` or `error`. */
  readonly value: string;
  /** The attributes that it names, with their values in the job. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Why a job does not go to a site, or that it may. */
export interface SiteAnswer {
  /** The site's name. */
  readonly site: string;
  /** Whether the job may go there. */
  readonly mayGo: boolean;
  /** Why it may not, or not yet, apart from the constraint. */
  readonly reasons: readonly string[];
  /** The parts of the constraint that are not true. */
  readonly clauses: readonly FailingClause[];
}

/** What is known about a job. */
export interface JobAnswer {
  /** `CLUSTER.PROC`. */
  readonly id: string;
  /** Where the job is, as a sentence. */
  readonly state: string;
  /**
   * The copy that the Job Router has made of the job, as `CLUSTER.PROC`; missing if
   * there is none. `state` says where the copy is, too.
   */
  readonly copy?: string;
  /** Site by site; empty if the job is away. Of a routed job: where its copy may go. */
  readonly sites: readonly SiteAnswer[];
}

/**
 * Explains a job. Throws {@linkcode LumberjackError} if the queue has no such job.
 *
 * @param queue The queue.
 * @param id The job.
 * @param sites The sites as they are configured, and what is wrong with them.
 * @param folderOfSite Returns what passes remember of a site.
 */
export async function explainJob(
  queue: JobQueue,
  id: JobId,
  { sites, problems }: Pick<Sites, "sites" | "problems">,
  folderOfSite: (site: string) => SiteFolder | undefined = () => undefined,
): Promise<JobAnswer> {
  const job = (await queue.find([id]))(id);
  if (job === undefined) {
    throw new LumberjackError("no such job in the queue", {
      subject: formatJobId(id),
      remedy: "it may have left: condor_history shows jobs that have ended",
    });
  }
  const { ad } = job;
  const lock = lockOf(ad);
  if (lock) {
    const away = awaySince(await folderOf(queue, lock));
    const state = [away, ...signalsOf(ad)].join("; ");
    return { id: formatJobId(id), state, sites: [] };
  }
  if (isRouted(ad)) {
    const copy = copyOf(ad);
    return routedAnswer(
      id,
      copy,
      copy && (await queue.find([copy]))(copy) &&
        await explainJob(queue, copy, { sites, problems }, folderOfSite),
    );
  }
  const filesTravel = sites.some((site) => leavingFor(site).filesTravel);
  const stays = reasonToStay(id, ad, { filesTravel });
  const state = stays === undefined
    ? "idle here, and may leave"
    : `stays here: ${stays}`;
  const answers = sites.map((site) => answerOf(site, id, ad, stays));
  const going = sites.filter((_, at) => answers[at].mayGo);
  const limits = await limitsOf(queue, going, id, folderOfSite);
  return {
    id: formatJobId(id),
    state,
    sites: [
      ...answers.map((answer) => ({
        ...answer,
        reasons: [...answer.reasons, ...limits.get(answer.site) ?? []],
      })),
      ...problems.flatMap(({ site, knob, message, remedy }) =>
        site === undefined ? [] : [{
          site,
          mayGo: false,
          reasons: [`not in force: ${knob}: ${message}: ${remedy}`],
          clauses: [],
        }]
      ),
    ],
  };
}

/** Whether the Job Router has claimed the job, to make a copy of it. */
function isRouted(ad: Scope): boolean {
  return stringOf(ad, managed) === managedExternal &&
    stringOf(ad, managedManager) === "jobrouter";
}

/** Returns the copy that the Job Router has made of a job. */
function copyOf(ad: Scope): JobId | undefined {
  const text = stringOf(ad, "RoutedToJobId");
  if (text === undefined || !/^\d+\.\d+$/.test(text)) return undefined;
  const { cluster, proc = 0 } = parseJobIdPattern(text);
  return { cluster, proc };
}

/** The answer for a routed job: what counts is how its copy stands. */
function routedAnswer(
  id: JobId,
  copy: JobId | undefined,
  answer: JobAnswer | undefined,
): JobAnswer {
  const routed = "the Job Router works on it";
  if (copy === undefined) {
    const state = `${routed}, and has made no copy yet`;
    return { id: formatJobId(id), state, sites: [] };
  }
  const name = formatJobId(copy);
  const state = answer === undefined
    ? `${routed}, and its copy ${name} is not in the queue any more`
    : `${routed}; its copy ${name}: ${answer.state}`;
  const sites = answer?.sites ?? [];
  return { id: formatJobId(id), state, copy: name, sites };
}

/** What a pass has written into the job. */
function signalsOf(ad: Scope): string[] {
  const site = stringOf(ad, siteAttribute);
  const state = stringOf(ad, stateAttribute);
  const reason = stringOf(ad, stuckReasonAttribute);
  return [
    ...site === undefined ? [] : [`its site is ${site}`],
    ...state === undefined ? [] : [
      `it is ${state}` + (reason === undefined ? "" : `: ${reason}`),
    ],
  ];
}

function answerOf(
  site: Site,
  id: JobId,
  ad: Scope,
  stays: string | undefined,
): SiteAnswer {
  const owner = stringOf(ad, "Owner") ?? "";
  const reasons: string[] = [];
  if (!site.enabled) reasons.push("the site is not enabled (ENABLED)");
  if (site.owners.length > 0 && !site.owners.includes(owner)) {
    reasons.push(`${owner} is not among its OWNERS: ${site.owners.join(", ")}`);
  }
  // A job that is spooled here can leave for a site to which files travel.
  const staysFrom = reasonToStay(id, ad, leavingFor(site));
  if (staysFrom !== undefined && staysFrom !== stays) reasons.push(staysFrom);
  const clauses = failingClauses(site.constraint, ad);
  const mayGo = reasons.length + clauses.length === 0 && stays === undefined;
  return { site: site.name, mayGo, reasons, clauses };
}

/**
 * Returns the parts of a constraint that are not true for an ad. The parts are
 * what `&&` joins at the top.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ClassAd } from "../../classad/mod.ts";
 *
 * const ad = ClassAd.parse("[ RequestCpus = 1; Owner = \"alice\" ]");
 * const text = 'Owner == "alice" && RequestCpus > 4 && WantHPC';
 * assertEquals(failingClauses(text, ad), [
 *   { clause: "RequestCpus > 4", value: "false", attributes: { RequestCpus: "1" } },
 *   { clause: "WantHPC", value: "undefined", attributes: { WantHPC: "undefined" } },
 * ]);
 * ```
 */
export function failingClauses(constraint: string, ad: Scope): FailingClause[] {
  return partsOf(parse(constraint)).flatMap((expr) => {
    const compiled = compile(expr);
    if (compiled.test(ad)) return [];
    const text = unparse(expr);
    return [{
      clause: text,
      value: unparseValue(compiled.evaluate(ad)),
      attributes: Object.fromEntries(
        [...references(expr).my].map((name) => [
          writtenAs(name, text),
          unparseValue(valueOf(ad, name)),
        ]),
      ),
    }];
  });
}

function partsOf(expr: Expr): Expr[] {
  if (expr.kind !== "operation") return [expr];
  const { operator, operands } = expr;
  if (operator === "&&") return operands.flatMap(partsOf);
  return operator === "()" ? partsOf(operands[0]) : [expr];
}

/** References are in lower case; shows a name as the constraint has it. */
function writtenAs(name: string, text: string): string {
  return new RegExp(`\\b${name}\\b`, "i").exec(text)?.[0] ?? name;
}

/** Only some jobs of an export name its folder. */
async function folderOf(
  queue: JobQueue,
  { exportId, exportDir }: Lock,
): Promise<string | undefined> {
  if (exportDir !== undefined || exportId === undefined) return exportDir;
  for await (const { ad } of jobsOfExport(queue, exportId)) {
    const folder = lockOf(ad)?.exportDir;
    if (folder !== undefined) return folder;
  }
  return undefined;
}

function awaySince(exportDir: string | undefined): string {
  if (exportDir === undefined) {
    return "away; none of its jobs names the export's folder";
  }
  try {
    const manifest = readManifest(exportDir);
    if (manifest === undefined) return `away; no manifest is in ${exportDir}`;
    const { exportId, createdAt, remoteSpool, state } = manifest;
    return `away since ${createdAt} with ${exportId} (${state}), to run in ` +
      `${remoteSpool}; the export is in ${exportDir}`;
  } catch {
    return `away; the export in ${exportDir} cannot be read`;
  }
}

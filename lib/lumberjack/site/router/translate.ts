import { dirname, join } from "@std/path";
import { type ClassAd, quote, readAd } from "../../../classad/mod.ts";
import { LumberjackError } from "../../error.ts";
import type { JobInput } from "../../files/inputs.ts";
import { copyAs } from "../../files/owner/copy_input.ts";
import { inspectAs } from "../../files/owner/inspect.ts";
import { OwnerProcess } from "../../files/owner/owner_process.ts";
import {
  type JobNeeds,
  jobNeeds,
  type NeededInput,
} from "../../files/stage/needs.ts";
import { rewrite, rewriteInputs } from "../../files/stage/rewrite.ts";
import { syncFileSystem } from "../../files/tree/folder_writer.ts";
import { formatJobId } from "../../job/id.ts";
import { idOf, makeStage, removeStage, stageAttribute } from "./staged_job.ts";
import { type AskStages, sweepStages } from "./sweep.ts";

/** What the translate hook needs to know. */
export interface TranslateOptions {
  /** The folder where owners stage files. */
  readonly stageFolder: string;
  /** Returns the paths that a site has, by its name. */
  readonly presentThere: (site: string) => readonly string[];
  /** Asks the queue which folders are in use; for tests. */
  readonly ask?: AskStages;
}

/**
 * Stages the inputs of a job, as its owner, and returns the ad of its copy. The ad
 * of a job of another route comes back as it is. Throws {@linkcode LumberjackError}
 * if an input cannot be staged: the router then gives the job back.
 *
 * @param text What the router writes: the route, a line of dashes, the job's ad.
 */
export async function translate(
  text: string,
  { stageFolder, presentThere, ask }: TranslateOptions,
): Promise<string> {
  const [route, source] = text.split(/^------\r?\n/m);
  const site = /\bName = "LumberjackCopy_(\w+)"/.exec(route)?.[1];
  if (site === undefined || source === undefined) return source ?? "";
  const ad = readAd(source, "long");
  const needs = jobNeeds(ad, {
    ...{ presentThere: presentThere(site), credentials: false },
    ...{ isShared: false, now: Math.floor(Date.now() / 1000) },
  });
  if ("reasonToStay" in needs) throw cannotStage(ad, needs.reasonToStay);
  const folder = makeStage(stageFolder, ad);
  await sweepStages(dirname(folder), { newest: folder, ask });
  try {
    const copies = await copyInputs(folder, ad, needs.needed);
    Deno.writeTextFileSync(join(folder, "source.ad"), source, { mode: 0o600 });
    await syncFileSystem(folder);
    return withChanges(source, changesOf(ad, needs, copies, folder));
  } catch (error) {
    removeStage(folder);
    throw error;
  }
}

function cannotStage(ad: ClassAd, reason: string): LumberjackError {
  return new LumberjackError("the job cannot be routed", {
    subject: `${formatJobId(idOf(ad))}: ${reason}`,
    remedy: "correct the job, or exclude it from the route",
  });
}

async function copyInputs(
  folder: string,
  ad: ClassAd,
  needed: readonly NeededInput[],
): Promise<ReadonlyMap<JobInput, string>> {
  await using owner = OwnerProcess.ourselves();
  const copies = new Map<JobInput, string>();
  for (const [at, { input, path, name, optional }] of needed.entries()) {
    const [found] = await inspectAs(owner, [path]);
    if ("problem" in found) {
      if (optional && found.missing) continue;
      throw cannotStage(ad, `${found.path}: ${found.problem}`);
    }
    const top = join(folder, "inputs", String(at + 1));
    for await (const _ of copyAs(owner, found.real, join(top, name)));
    // Relative paths that are kept lie below the folder, whose contents travel.
    const keepsPath = name.includes("/") ||
      input.contents && input.placeIn !== "";
    copies.set(
      input,
      keepsPath ? `${top}/` : join(top, name) + (input.contents ? "/" : ""),
    );
  }
  return copies;
}

/** What differs in the copy; undefined for an attribute that it does not have. */
function changesOf(
  ad: ClassAd,
  needs: JobNeeds,
  copies: ReadonlyMap<JobInput, string>,
  folder: string,
): ReadonlyMap<string, string | undefined> {
  const inputs = rewriteInputs(ad, needs, (input) => copies.get(input));
  const id = idOf(ad);
  const changes = new Map(rewrite({ id, ad, needs, inputs, logFolder: "" }));
  // The router writes the events of the source.
  for (const name of ["UserLog", "DAGManNodesLog", "DAGManNodesMask"]) {
    changes.set(name, undefined);
  }
  changes.set("Iwd", quote(join(folder, "outputs")));
  changes.set(stageAttribute, quote(folder));
  return changes;
}

function withChanges(
  source: string,
  changes: ReadonlyMap<string, string | undefined>,
): string {
  const names = new Set([...changes.keys()].map((name) => name.toLowerCase()));
  const kept = source.split("\n").filter((line) => {
    const name = /^\s*(\w+)\s*=/.exec(line)?.[1];
    return name !== undefined && !names.has(name.toLowerCase());
  });
  for (const [name, value] of changes) {
    if (value !== undefined) kept.push(`${name} = ${value}`);
  }
  return kept.join("\n") + "\n";
}

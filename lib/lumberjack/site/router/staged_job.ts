/**
 * The folder where a job's owner keeps the files of its routed copy:
 * `LUMBERJACK_DIR/job-router/OWNER/CLUSTER.PROC.TIME-RANDOM`, with `inputs/`,
 * `outputs/` and `source.ad`. Each routing of a source has a folder of its own: an
 * earlier copy may still be in the queue, and its cleanup hook may come late.
 * Everything here runs as the owner.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { readAd } from "../../../classad/mod.ts";
import type { ClassAd } from "../../../classad/mod.ts";
import { LumberjackError } from "../../error.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { formatJobId, type JobId, parseJobIdPattern } from "../../job/id.ts";

/** The attribute of a copy that names its folder. */
export const stageAttribute = "LumberjackStage";

/** Splits what the router writes to a hook, and reads the ads. */
export function readHookAds(text: string): ClassAd[] {
  return text.split(/^------\r?$/m).map((part) => readAd(part, "long"));
}

/** Returns a job's id from its ad. Throws {@linkcode LumberjackError}. */
export function idOf(ad: ClassAd): JobId {
  const cluster = integerOf(ad, "ClusterId"), proc = integerOf(ad, "ProcId");
  if (cluster !== undefined && proc !== undefined) return { cluster, proc };
  throw new LumberjackError("the ad of the job has no ClusterId and ProcId", {
    remedy: "call this from the Job Router only",
  });
}

/** Returns the source of a copy. */
export function sourceOf(copy: ClassAd): JobId | undefined {
  const text = stringOf(copy, "RoutedFromJobId");
  if (text === undefined) return undefined;
  const { cluster, proc } = parseJobIdPattern(text);
  return proc === undefined ? undefined : { cluster, proc };
}

/** Returns the folder of a copy; undefined if the copy was not staged. */
export function stageOf(copy: ClassAd): string | undefined {
  const folder = stringOf(copy, stageAttribute);
  if (folder === undefined) return undefined;
  if (
    /^\/.+\/job-router\/[^/]+\/[^/]+$/.test(folder) &&
    sourceOfStage(basename(folder)) !== undefined &&
    !folder.split("/").includes("..")
  ) return folder;
  throw new LumberjackError("not a folder for staged files", {
    subject: `${stageAttribute} = ${folder}`,
    remedy: "remove the copy; its source is routed again",
  });
}

/** Returns the source of a folder, by the folder's name; undefined for another name. */
export function sourceOfStage(name: string): JobId | undefined {
  const match = /^(\d+)\.(\d+)(\.\w+-\w+)?$/.exec(name);
  return match
    ? { cluster: Number(match[1]), proc: Number(match[2]) }
    : undefined;
}

/** Names of later folders of the same source come later in the alphabet. */
function stageName(source: ClassAd, now: Date): string {
  const time = now.toISOString().replace(/[-:.]/g, "");
  const random = crypto.randomUUID().slice(0, 8);
  return `${formatJobId(idOf(source))}.${time}-${random}`;
}

/**
 * Makes an empty folder for a routing of a job, which only the job's owner and
 * HTCondor's group can enter. Throws {@linkcode LumberjackError}.
 */
export function makeStage(
  top: string,
  source: ClassAd,
  now = new Date(),
): string {
  const owner = stringOf(source, "Owner") ?? "";
  const folder = join(top, owner, stageName(source, now));
  try {
    if (!/^[^/]+$/.test(owner) || /^\.+$/.test(owner)) {
      throw new Error("no Owner");
    }
    const mode = 0o750;
    Deno.mkdirSync(join(top, owner), { recursive: true, mode });
    const home = Deno.lstatSync(join(top, owner));
    if (!home.isDirectory || home.uid !== Deno.uid()) {
      throw new Error(`${join(top, owner)} belongs to user ${home.uid}`);
    }
    for (const path of ["inputs", "outputs"]) {
      Deno.mkdirSync(join(folder, path), { recursive: true, mode });
    }
    return folder;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LumberjackError("cannot make the folder for staged files", {
      ...{ cause, subject: `${folder} (${why})` },
      remedy: "lumberjack hooks check says what is wrong with its rights",
    });
  }
}

/** Removes the folder of a copy, and the owner's folder if it is empty then. */
export function removeStage(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    Deno.removeSync(dirname(folder));
  } catch {
    // Another copy of the owner's has its folder there.
  }
}

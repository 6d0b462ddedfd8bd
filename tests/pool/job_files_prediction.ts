/**
 * Which files a job should see and return according to {@linkcode jobInputs} and
 * {@linkcode jobOutputs}, as listings to compare with the real files.
 *
 * @module
 */
import { type JobInput, jobInputs } from "../../lib/lumberjack/files/inputs.ts";
import {
  type JobOutput,
  type JobOutputs,
  jobOutputs,
} from "../../lib/lumberjack/files/outputs.ts";
import {
  asSubmitted,
  type FilesContext,
} from "../../lib/lumberjack/files/policy.ts";
import type { FilesRun, Listing } from "./job_files.ts";

/**
 * Stands for an unknown digest, of a file that the test could not read in time.
 */
export const unknown = "?";

/** Files in a sandbox that belong to HTCondor or to its curl plugin. */
const notTheJobs =
  /^(\.(job|machine|update|execution_overlay)\.ad|\.chirp\.config|\.starter\.log|\.curl_plugin\.(in|out)|_condor_std(out|err))$/;

/** Returns the files that the job saw, without files that are not inputs. */
export function inputsSeen(
  run: Pick<FilesRun, "ad" | "seen">,
): Map<string, string> {
  const { listed, checkpoint } = jobOutputs(run.ad);
  // The job also saw its own stdout and stderr, and files of its checkpoint.
  const others = [...listed, ...checkpoint].flatMap((output) => [
    output.source,
    output.arrivesAs,
  ]);
  const seen = new Map<string, string>();
  for (const [path, digest] of run.seen) {
    const top = path.split("/")[0];
    if (notTheJobs.test(top) || others.includes(top)) continue;
    seen.set(path, digest);
  }
  return seen;
}

/** Returns the files that the job should have seen in its sandbox. */
export function expectedSandbox(
  run: FilesRun,
  context: FilesContext,
): Map<string, string> {
  // The ad of a spooled job names its folder in SPOOL. Its inputs came from the
  // folder where it was submitted.
  const ad = run.entry.spooled ? asSubmitted(run.ad) : run.ad;
  const sandbox = new Map<string, string>();
  for (const input of jobInputs(ad, context).inputs) {
    if (!input.travels || input.kind === "checkpoint") continue;
    for (const [path, digest] of filesOf(run, input)) {
      for (const folder of foldersAbove(path)) sandbox.set(folder, "/");
      sandbox.set(path, digest);
    }
  }
  return sandbox;
}

/** Returns the files and folders of an input, by their paths in the sandbox. */
function* filesOf(run: FilesRun, input: JobInput): Generator<[string, string]> {
  const path = input.path.replace(/^file:\/\//, "");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const whole = `/${parts.join("/")}`;
  const name = whole.slice(run.home.length + 1);
  const digest = run.before.get(name);
  if (digest !== undefined && !input.contents) yield [input.placeIn, digest];
  for (const [file, inside] of run.before) {
    if (!file.startsWith(`${name}/`)) continue;
    yield [joined(input.placeIn, file.slice(name.length + 1)), inside];
  }
}

function* foldersAbove(path: string): Generator<string> {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    yield path.slice(0, at);
  }
}

function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/**
 * Returns the files that should be new at home, or in SPOOL for a spooled job.
 */
export function expectedAtHome(
  run: FilesRun,
  context: FilesContext,
): Map<string, string> {
  const outputs = jobOutputs(run.ad, context);
  const home = new Map<string, string>();
  for (const { path } of outputs.streamed) home.set(path, unknown);
  const left = new Map(run.left);
  renameCore(run, left);
  for (const [source, arrivesAs, digest] of sent(run, outputs, left)) {
    const placed = outputs.place(arrivesAs, source);
    if ("path" in placed) home.set(placed.path, digest);
    else if ("url" in placed) {
      home.set(placed.url.replace(/^file:\/\//, ""), digest);
    }
  }
  if (run.entry.inPlace) {
    for (const [name, digest] of left) {
      if (digest === "/" || run.before.get(name) === digest) continue;
      const placed = outputs.place(name);
      if ("path" in placed) home.set(placed.path, digest);
    }
  }
  return home;
}

/**
 * Returns the files that condor_transfer_data should have brought home from
 * SPOOL.
 */
export function expectedAfterFetching(run: FilesRun): Map<string, string> {
  const outputs = jobOutputs(asSubmitted(run.ad));
  const iwd = String(run.ad.evaluate("Iwd"));
  const home = new Map<string, string>();
  const logs = jobOutputs(run.ad).logs.map(({ path }) => path);
  for (const [path, digest] of run.came) {
    if (logs.includes(path)) continue;
    const placed = outputs.place(path.slice(iwd.length + 1));
    if ("path" in placed) home.set(placed.path, digest);
  }
  return home;
}

function renameCore(run: FilesRun, left: Map<string, string>): void {
  const core = left.get("core");
  if (core === undefined || run.ad.evaluate("ExitBySignal") !== true) return;
  left.delete("core");
  left.set(`core.${run.ad.evaluate("ClusterId")}.0`, core);
}

/**
 * Returns the sent files: name in the sandbox, name under which it arrives,
 * digest.
 */
function* sent(
  run: FilesRun,
  outputs: JobOutputs,
  left: Listing,
): Generator<[string, string, string]> {
  const wanted = run.ad.evaluate("JobSuccessExitCode");
  const failed = typeof wanted === "bigint" &&
    run.ad.evaluate("ExitCode") !== wanted;
  for (const output of failed ? outputs.whenFailed : outputs.listed) {
    yield* expanded(output, left);
  }
  if (failed || !outputs.changedFiles) return;
  for (const [name, digest] of left) {
    if (digest === "/" || name.includes("/")) continue;
    if (outputs.isLeftBehind(name) || run.seen.get(name) === digest) continue;
    yield [name, name, digest];
  }
}

function* expanded(
  { kind, source, arrivesAs, contents }: JobOutput,
  left: Listing,
): Generator<[string, string, string]> {
  // HTCondor changes these files after the job has ended.
  if (kind === "manifest") {
    for (const name of ["environment", "in", "out"]) {
      yield [`${source}/${name}`, `${arrivesAs}/${name}`, unknown];
    }
    return;
  }
  if (source === "/etc/debian_version") yield [source, arrivesAs, unknown];
  const name = source.replace(/^\.\//, "");
  const digest = left.get(name);
  if (digest !== undefined && digest !== "/" && !contents) {
    yield [source, arrivesAs, kind === "log" ? unknown : digest];
  }
  for (const [file, inside] of left) {
    if (inside === "/" || !file.startsWith(`${name}/`)) continue;
    const rest = file.slice(name.length + 1);
    yield [`${source}/${rest}`, joined(arrivesAs, rest), inside];
  }
}

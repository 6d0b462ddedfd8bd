/**
 * Where each file that came back with a job belongs at home, and which files are
 * missing. Pure logic: places come from the job's ad at home, never from what
 * came back.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import { booleanOf, integerOf } from "../../job/attribute_values.ts";
import { hasEnded, JobStatus } from "../../job/eligibility.ts";
import { type JobOutput, type JobOutputs, jobOutputs } from "../outputs.ts";
import { type FilesContext, spoolFolder } from "../policy.ts";
import { treePathProblem } from "../tree/path.ts";

/** What to do with the outputs of jobs that failed. */
export type FailedOutputs = "all" | "logs" | "none";

/** A place at home. */
export interface OutputPlace {
  /** An absolute folder, which the job's own ad names. */
  readonly base: string;
  /** A relative path below it. A stranger may have chosen it. */
  readonly tail: string;
}

/** What is to happen with one returned file or folder. */
export type SortedOutput =
  | { readonly place: OutputPlace }
  /** It is not brought home: HTCondor would not, or the user does not want it. */
  | { readonly left: true }
  /** It cannot be brought home, for this reason. */
  | { readonly problem: string };

/** How outputs are sorted. */
export interface SortOptions extends FilesContext {
  /** What to do with the outputs of a job that failed. */
  readonly failedOutputs?: FailedOutputs;
}

/** The standard streams and the starter's log, by their names in a sandbox. */
const logNames = new Set(["_condor_stdout", "_condor_stderr", ".starter.log"]);

/** Sorts the outputs of one job. */
export class OutputSorter {
  readonly #outputs: JobOutputs;
  readonly #wanted: FailedOutputs;
  readonly #expected: readonly JobOutput[];
  /** For an unfinished job: the folder in SPOOL from which it continues. */
  readonly #checkpoint: string | undefined;
  readonly #isUnfinished: boolean;
  readonly #came = new Set<string>();

  /**
   * @param home The job's ad at home.
   * @param returned The job's ad as it came back.
   * @param status The job's status when it is home.
   */
  constructor(
    home: Scope,
    returned: Scope,
    status: number,
    options: SortOptions = {},
  ) {
    this.#outputs = jobOutputs(home, options);
    this.#isUnfinished = !hasEnded(status) && status !== JobStatus.held;
    const failed = hasFailed(home, returned, status);
    this.#wanted = failed ? options.failedOutputs ?? "all" : "all";
    const keeps = this.#outputs.when === "ON_EXIT_OR_EVICT" ||
      this.#outputs.checkpoint.length > 0;
    this.#checkpoint = keeps && this.#outputs.checkpointDestination ===
        undefined
      ? spoolFolder(home, options)
      : undefined;
    this.#expected = status === JobStatus.completed && this.#wanted === "all"
      ? expectedOf(this.#outputs, home, returned)
      : [];
  }

  /** Whether nothing that came back is wanted, so that nobody need look. */
  get wantsNothing(): boolean {
    return this.#wanted === "none" ||
      this.#isUnfinished && this.#checkpoint === undefined;
  }

  /**
   * The folder in SPOOL from which an unfinished job continues. Otherwise
   * undefined.
   */
  get checkpointFolder(): string | undefined {
    return this.#isUnfinished ? this.#checkpoint : undefined;
  }

  /** Sorts a file or folder by its path relative to the job's folder. */
  sort(path: string, kind: "file" | "folder" = "file"): SortedOutput {
    const problem = treePathProblem(path);
    if (problem !== undefined) return { problem: `${path}: ${problem}` };
    this.#came.add(path);
    if (this.wantsNothing) return { left: true };
    if (this.#isUnfinished) {
      return { place: { base: this.#checkpoint!, tail: path } };
    }
    if (this.#wanted === "logs" && !logNames.has(path)) return { left: true };
    if (!this.#isOutput(path, kind)) return { left: true };
    const placed = this.#outputs.place(path);
    if ("url" in placed) return { left: true };
    if ("refused" in placed) return { problem: `${path}: ${placed.refused}` };
    return { place: splitPlace(placed.path, path) };
  }

  /**
   * Returns whether HTCondor would send this home. Other files in the folder
   * must not come home: they could replace files of the user that do not belong
   * to the job.
   */
  #isOutput(path: string, kind: "file" | "folder"): boolean {
    const { listed, whenFailed, changedFiles } = this.#outputs;
    if (logNames.has(path)) return true;
    const isListed = [...listed, ...whenFailed].some(({ arrivesAs }) =>
      arrivesAs === "" || path === arrivesAs ||
      path.startsWith(`${arrivesAs}/`) || arrivesAs.startsWith(`${path}/`)
    );
    if (isListed) return true;
    return changedFiles && kind === "file" && !path.includes("/") &&
      !this.#outputs.isLeftBehind(path);
  }

  /** Returns an output that should have come back and did not. */
  missing(): string | undefined {
    return this.#expected.find(({ arrivesAs, source, kind }) => {
      if ("url" in this.#outputs.place(arrivesAs, source)) return false;
      if (kind === "file") return !this.#came.has(arrivesAs);
      return !this.#came.has(arrivesAs) && !this.#came.has(source);
    })?.arrivesAs;
  }
}

/**
 * Divides a place into the folder that the home ad names and the part that the
 * sandbox's name gives.
 */
export function splitPlace(path: string, arrivesAs: string): OutputPlace {
  const parts = path.split("/");
  const names = arrivesAs.split("/");
  let common = 0;
  while (
    common < names.length &&
    parts.at(-1 - common) === names.at(-1 - common)
  ) common++;
  const count = Math.max(common, 1);
  return {
    base: parts.slice(0, -count).join("/") || "/",
    tail: parts.slice(-count).join("/"),
  };
}

/** Whether a job that has ended failed, as JobSuccessExitCode says. */
function hasFailed(home: Scope, returned: Scope, status: number): boolean {
  if (status !== JobStatus.completed) return hasEnded(status);
  if (booleanOf(returned, "ExitBySignal") === true) return true;
  const success = integerOf(home, "JobSuccessExitCode") ?? 0;
  return (integerOf(returned, "ExitCode") ?? 0) !== success;
}

/** The outputs without which a completed job is not whole. */
function expectedOf(
  outputs: JobOutputs,
  home: Scope,
  returned: Scope,
): JobOutput[] {
  const wanted = integerOf(home, "JobSuccessExitCode");
  // What then comes home depends on the release of the remote side.
  const failed = wanted !== undefined &&
    integerOf(returned, "ExitCode") !== wanted;
  if (failed) return [];
  return outputs.listed.filter((output) => {
    if (output.optional || output.arrivesAs === "") return false;
    if (output.kind === "stdout") return booleanOf(home, "StreamOut") === false;
    if (output.kind === "stderr") return booleanOf(home, "StreamErr") === false;
    return output.kind === "file";
  });
}

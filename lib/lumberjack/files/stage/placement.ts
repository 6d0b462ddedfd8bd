import { quote, type Scope } from "../../../classad/mod.ts";
import type { ManifestFiles } from "../../export_dir/manifest_files.ts";
import { stringOf } from "../../job/attribute_values.ts";
import type { AdChange } from "../../job/change.ts";
import { formatJobId } from "../../job/id.ts";
import { jobSpoolDirectory } from "../../job/spool_path.ts";
import type { ExportedCluster } from "../../job/stored_ad.ts";
import type { JobInput } from "../inputs.ts";
import { copyFailed } from "../owner/copy_input.ts";
import { ServiceError } from "../owner/failure.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { Scratch } from "../tree/scratch.ts";
import { sumLine } from "../tree/sums.ts";
import { divideChanges } from "./cluster_change.ts";
import type { FoundInput, FoundNeeds } from "./finder.ts";
import type { JobNeeds } from "./needs.ts";
import { ourFolder } from "./folder_tree.ts";
import type { InputTree } from "./input_tree.ts";
import { rewrite, rewriteInputs, type Rewritten } from "./rewrite.ts";
import { plannedFiles, type StageOptions } from "./stage_options.ts";
import type { StageProgress } from "./stage_progress.ts";
import type {
  FilePlacement,
  LeavingExport,
  LeavingJob,
  Placed,
  WrittenLog,
} from "./staging.ts";

/** What a placement works with. */
export interface PlacementParts {
  readonly leaving: LeavingExport;
  /** Acts as the owner of the export's jobs. */
  readonly owner: ServiceCaller;
  readonly tree: InputTree;
  readonly options: StageOptions;
  readonly progress: StageProgress;
  /** Finds what a job needs, or why it has to stay. */
  readonly find: (
    ad: Scope,
  ) => Promise<FoundNeeds | { readonly reasonToStay: string }>;
}

/** A copy of an input: the number of its folder, or why there is none. */
type Copy = { readonly number: number } | { readonly reason: string };

/** How many copies are remembered; an older one would be made again. */
const mostCopies = 200_000;

/** Places the files of one owner's export. */
export class Placement implements FilePlacement {
  readonly #parts: PlacementParts;
  readonly #sums = new Scratch();
  readonly #copies = new Map<string, Copy>();
  readonly #rewritten = new Set<string>();
  /** What changes for jobs with the same needs, which share the object. */
  readonly #ofNeeds = new WeakMap<JobNeeds, Rewritten>();
  /** What happens to the jobs of the current cluster. */
  #placed = new Map<string, Placed>();
  #inputs = 0;
  #count = 0;
  #bytes = 0;
  #number = 0;

  /** Nothing is placed yet. */
  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  /** Makes the folders that every export has. */
  async prepare(): Promise<void> {
    if (this.#isShared) return;
    const ours = `${ourFolder}/${this.#exportId}`;
    await this.#parts.tree.makeFolders([`${ours}/inputs`, `${ours}/logs`]);
  }

  /** See {@linkcode FilePlacement.placeCluster}. */
  async placeCluster({ ad, jobs }: ExportedCluster): Promise<AdChange> {
    this.#placed = new Map();
    const going: { job: LeavingJob; changes: Rewritten; iwd?: string }[] = [];
    const folders: string[] = [];
    for (const job of jobs) {
      const placed = await this.#placeJob(job);
      if ("reasonToStay" in placed) {
        this.#placed.set(formatJobId(job), placed);
      } else {
        going.push({ job, ...placed });
        folders.push(...placed.folders);
      }
    }
    if (going.length === 0) return { set: [], remove: [] };
    if (folders.length > 0) await this.#parts.tree.makeFolders(folders);
    const divided = divideChanges(going.map(({ changes }) => changes), {
      inCluster: (name) => ad.rawValue(name) !== undefined,
      inProc: (at, name) => going[at].job.ad.rawValue(name) !== undefined,
    });
    for (const [at, { job, changes, iwd }] of going.entries()) {
      for (const name of changes.keys()) this.#rewritten.add(name);
      const { set, remove } = divided.procs[at];
      const kept = iwd === undefined
        ? []
        : [{ name: "Iwd", value: quote(iwd) }];
      const change = { set: [...set, ...kept], remove };
      this.#placed.set(formatJobId(job), { change });
    }
    return divided.cluster;
  }

  /** See {@linkcode FilePlacement.place}. */
  place(job: LeavingJob): Promise<Placed> {
    return Promise.resolve(this.#placed.get(formatJobId(job))!);
  }

  /** See {@linkcode FilePlacement.files}. */
  files(): ManifestFiles {
    return {
      ...plannedFiles(this.#parts.options),
      rewritten: [...this.#rewritten].sort(),
      inputs: this.#inputs,
      count: this.#count,
      bytes: this.#bytes,
    };
  }

  /** See {@linkcode FilePlacement.finish}. */
  async finish(log: WrittenLog): Promise<void> {
    if (this.#isShared) return;
    using sums = this.#sums;
    const { manifest } = log;
    const inputs = () => sums.read();
    await this.#parts.tree.finish({ inputs, log, manifest });
  }

  get #exportId(): string {
    return this.#parts.leaving.manifest.exportId;
  }

  get #isShared(): boolean {
    return this.#parts.options.mode === "shared-fs";
  }

  /** Copies what a job needs, and says how its ad changes. */
  async #placeJob(job: LeavingJob): Promise<
    | { changes: Rewritten; iwd?: string; folders: readonly string[] }
    | { reasonToStay: string }
  > {
    const needs = await this.#parts.find(job.ad);
    if ("reasonToStay" in needs) return needs;
    const inputs = await this.#placeInputs(needs);
    if ("reason" in inputs) return { reasonToStay: inputs.reason };
    const { ad } = needs;
    const { remoteSpool } = this.#parts.leaving.manifest;
    const changes = new Map(this.#ofUser());
    if (!this.#isShared) {
      const rewritten = rewrite({
        ...{ id: job, ad, needs: needs.needs, inputs: inputs.changes },
        logFolder: `${
          trimmed(remoteSpool)
        }/${ourFolder}/${this.#exportId}/logs`,
      });
      for (const [name, value] of rewritten) {
        if (!ad.isChanged(name)) changes.set(name, value);
      }
    }
    const staysInIwd = this.#isShared || needs.needs.inputs.transfer === "NO";
    if (staysInIwd) {
      return { changes, folders: [], iwd: stringOf(job.ad, "Iwd") };
    }
    return { changes, folders: [jobSpoolDirectory("", job).slice(1)] };
  }

  /** Copies inputs, and says how the ads of jobs that need them change. */
  async #placeInputs(
    { ad, needs, found }: FoundNeeds,
  ): Promise<{ readonly changes: Rewritten } | { readonly reason: string }> {
    const known = this.#ofNeeds.get(needs);
    if (known) return { changes: known };
    const copies = new Map<JobInput, string>();
    for (const input of found) {
      const copy = await this.#copyOf(input);
      if ("reason" in copy) return copy;
      copies.set(input.input, this.#remotePath(input, copy.number));
    }
    const changes = rewriteInputs(ad, needs, (input) => copies.get(input));
    this.#ofNeeds.set(needs, changes);
    return { changes };
  }

  /** What the user sets and deletes in every ad. */
  #ofUser(): [string, string | undefined][] {
    const { set = [], deleted = [] } = this.#parts.options;
    return [
      ...deleted.map((name): [string, undefined] => [name, undefined]),
      ...set.map(({ name, value }): [string, string] => [name, value]),
    ];
  }

  /** Where an input is at the remote side. */
  #remotePath({ input, name }: FoundInput, number: number): string {
    const { remoteSpool } = this.#parts.leaving.manifest;
    const folder = `${trimmed(remoteSpool)}/${this.#inputFolder(number)}`;
    // Relative paths that are kept lie below the folder, whose contents travel.
    const keepsPath = name.includes("/") ||
      (input.contents && input.placeIn !== "");
    if (keepsPath) return `${folder}/`;
    return `${folder}/${name}${input.contents ? "/" : ""}`;
  }

  #inputFolder(number: number): string {
    return `${ourFolder}/${this.#exportId}/inputs/${number}`;
  }

  /** Copies an input, unless there is a copy of it under the same name. */
  async #copyOf(input: FoundInput): Promise<Copy> {
    const key = `${input.found.real}\0${input.name}`;
    const known = this.#copies.get(key);
    if (known) return known;
    const copy = await this.#copy(input);
    this.#copies.set(key, copy);
    if (this.#copies.size > mostCopies) {
      const [oldest] = this.#copies.keys();
      this.#copies.delete(oldest);
    }
    return copy;
  }

  async #copy({ found, name, path }: FoundInput): Promise<Copy> {
    const { tree, owner } = this.#parts;
    const number = ++this.#number;
    const top = `${this.#inputFolder(number)}/${name}`;
    let count = 0, bytes = 0;
    using lines = new Scratch();
    const encoder = new TextEncoder();
    try {
      for await (const file of tree.addInput(owner, found.real, top)) {
        const path = file.path === "" ? top : `${top}/${file.path}`;
        lines.write(encoder.encode(sumLine(file.sha256, path)));
        count++;
        bytes += file.bytes;
      }
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code === copyFailed) {
        throw error;
      }
      if (tree.keepsFailed) this.#addSums(lines);
      return { reason: `${error.subject ?? path}: ${error.message}` };
    }
    this.#addSums(lines);
    this.#inputs++;
    this.#count += count;
    this.#bytes += bytes;
    this.#parts.progress.copied(count, bytes);
    return { number };
  }

  #addSums(lines: Scratch): void {
    for (const piece of lines.read()) this.#sums.write(piece);
  }
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}

import { quote, type Scope } from "../../../classad/mod.ts";
import type { ManifestFiles } from "../../export_dir/manifest_files.ts";
import { stringOf } from "../../job/attribute_values.ts";
import type { AdChange } from "../../job/change.ts";
import { formatJobId } from "../../job/id.ts";
import { jobSpoolDirectory } from "../../job/spool_path.ts";
import type { ExportedCluster } from "../../job/stored_ad.ts";
import type { JobInput } from "../inputs.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { divideChanges } from "./cluster_change.ts";
import { Copies } from "./copies.ts";
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

/** Places the files of one owner's export. */
export class Placement implements FilePlacement {
  readonly #parts: PlacementParts;
  readonly #copies: Copies;
  readonly #rewritten = new Set<string>();
  /** What changes for jobs with the same needs, which share the object. */
  #ofNeeds = new WeakMap<JobNeeds, Rewritten>();
  /** What happens to the jobs of the current cluster. */
  #placed = new Map<string, Placed>();

  /** Nothing is placed yet. */
  constructor(parts: PlacementParts) {
    this.#parts = parts;
    this.#copies = new Copies({
      ...parts,
      folderOf: (number) => this.#inputFolder(number),
    });
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
    await this.#copies.pause();
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

  /** See {@linkcode FilePlacement.settle}. */
  async settle(): Promise<void> {
    await this.#copies.settle();
  }

  /** See {@linkcode FilePlacement.restart}. */
  async restart(): Promise<void> {
    this.#rewritten.clear();
    this.#ofNeeds = new WeakMap();
    if (this.#isShared) return;
    const { tree, leaving } = this.#parts;
    await tree.withdrawFolders(leaving.manifest.clusters);
    await this.prepare();
  }

  /** Stops to copy. */
  async stop(): Promise<void> {
    await this.#copies.stop();
  }

  /** See {@linkcode FilePlacement.files}. */
  files(): ManifestFiles {
    return {
      ...plannedFiles(this.#parts.options),
      rewritten: [...this.#rewritten].sort(),
      inputs: this.#copies.done.inputs,
      count: this.#copies.done.files,
      bytes: this.#copies.done.bytes,
    };
  }

  /** See {@linkcode FilePlacement.finish}. */
  async finish(log: WrittenLog): Promise<void> {
    if (this.#isShared) return;
    using copies = this.#copies;
    const { manifest } = log;
    const inputs = () => copies.sums();
    await this.#parts.tree.finish({ inputs, log, manifest });
  }

  get #exportId(): string {
    return this.#parts.leaving.manifest.exportId;
  }

  get #isShared(): boolean {
    return this.#parts.options.mode === "shared-fs";
  }

  /** Lets what a job needs be copied, and says how its ad changes. */
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

  /** Lets inputs be copied, and says how the ads of jobs that need them change. */
  async #placeInputs(
    { ad, needs, found }: FoundNeeds,
  ): Promise<{ readonly changes: Rewritten } | { readonly reason: string }> {
    const known = this.#ofNeeds.get(needs);
    if (known) return { changes: known };
    const copies = new Map<JobInput, string>();
    for (const input of found) {
      const copy = await this.#copies.of(input);
      if (copy.failure !== undefined) return { reason: copy.failure };
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
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}

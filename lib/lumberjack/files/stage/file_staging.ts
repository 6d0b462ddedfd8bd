/**
 * Copies the inputs of jobs to where they travel with the export.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import type { ManifestFiles } from "../../export_dir/manifest_files.ts";
import { stringOf } from "../../job/attribute_values.ts";
import type { JobId } from "../../job/id.ts";
import { LumberjackError } from "../../error.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { type FoundNeeds, NeedsFinder } from "./finder.ts";
import { bundleOfOwner } from "./bundle_home.ts";
import { BundleTree, removeInterrupted } from "./bundle_tree.ts";
import { inputAttributes } from "./input_key.ts";
import { FolderTree, removeInputs, removeTree } from "./folder_tree.ts";
import { Owners } from "./owners.ts";
import { Placement } from "./placement.ts";
import { StageProgress } from "./stage_progress.ts";
import {
  checkStageOptions,
  plannedFiles,
  type StageOptions,
} from "./stage_options.ts";
import type { FilePlacement, LeavingExport, Staging } from "./staging.ts";

/**
 * Finds what jobs need, and places it beside the export's log. Dispose of it
 * after the export: it keeps processes that act as the jobs' owners.
 *
 * @example
 * ```ts
 * import { FileStaging } from "./file_staging.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await using staging = new FileStaging({
 *   mode: "stage",
 *   set: [{ name: "Requirements", value: "true" }],
 * });
 * // exportJobs(queue, { ..., staging }) then takes the jobs' files along.
 * assertEquals(staging.planned.mode, "stage");
 * ```
 */
export class FileStaging implements Staging, AsyncDisposable {
  /** See {@linkcode Staging.planned}. */
  readonly planned: ManifestFiles;
  /** See {@linkcode Staging.filesTravel}. */
  readonly filesTravel: boolean;
  /** See {@linkcode Staging.attributes}. */
  readonly attributes: readonly string[] = stagingAttributes;
  readonly #options: StageOptions;
  readonly #owners = new Owners();
  readonly #progress: StageProgress;
  readonly #finder: NeedsFinder;
  /** The files of exports that were begun. */
  readonly #placements = new Map<string, Placement>();
  /** The bundles that were begun, by export. */
  readonly #bundles = new Map<string, BundleTree>();
  /** The inputs that the planned exports have, by owner, and their size. */
  readonly #planned = new Map<string, { paths: Set<string>; bytes: number }>();

  /**
   * `progress` is called with short messages while files are copied. Throws
   * {@linkcode LumberjackError} for options that make no sense.
   */
  constructor(
    options: StageOptions,
    progress: (text: string) => void = () => {},
  ) {
    this.#progress = new StageProgress(progress);
    checkStageOptions(options);
    this.#options = options;
    this.filesTravel = options.mode === "stage";
    this.planned = plannedFiles(options);
    this.#finder = new NeedsFinder(options, this.#owners);
  }

  /** See {@linkcode Staging.reasonToStay}. */
  async reasonToStay(_job: JobId, ad: Scope): Promise<string | undefined> {
    const found = await this.#finder.find(ad);
    if ("reasonToStay" in found) return found.reasonToStay;
    return this.#overLimit(stringOf(ad, "Owner") ?? "", found);
  }

  /** See {@linkcode Staging.begin}. */
  async begin(leaving: LeavingExport): Promise<FilePlacement> {
    const { manifest, exportDir } = leaving;
    if (manifest.remoteSpool.includes(",")) {
      throw new LumberjackError("a comma in --remote-spool", {
        subject: manifest.remoteSpool,
        remedy: "HTCondor cannot list files in such a folder: name another",
      });
    }
    const owner = await this.#actAs(manifest.owner);
    const bundle = this.#bundleOf(exportDir);
    const tree = bundle === undefined
      ? await this.#beginFolder(leaving, owner)
      : await this.#beginBundle(leaving, bundle);
    const placement = new Placement({
      ...{ leaving, owner, tree },
      options: { ...this.#options, bundle },
      find: (ad) => this.#finder.find(ad),
      progress: this.#progress,
    });
    this.#placements.set(manifest.exportId, placement);
    await placement.prepare();
    return placement;
  }

  /** See {@linkcode Staging.abandon}. */
  async abandon({ exportDir, manifest }: LeavingExport): Promise<void> {
    const { exportId, clusters } = manifest;
    await this.#placements.get(exportId)?.stop();
    const bundle = this.#bundleOf(exportDir);
    if (bundle === undefined) {
      const owner = await this.#actAs(manifest.owner);
      return await removeTree(exportDir, owner, exportId, clusters);
    }
    const begun = this.#bundles.get(exportId);
    if (begun) await begun.abandon();
    else await removeInterrupted(bundle, exportId);
  }

  /** The bundle that takes an export; undefined if its folder does. */
  #bundleOf(exportDir: string): string | undefined {
    const { bundle } = this.#options;
    return bundle === undefined ? undefined : bundleOfOwner(bundle, exportDir);
  }

  /** Files of a run that was interrupted may be there. */
  async #beginFolder(
    { exportDir, manifest, owner: ids }: LeavingExport,
    owner: ServiceCaller,
  ): Promise<FolderTree> {
    await removeInputs(exportDir, owner, manifest.exportId);
    return new FolderTree(exportDir, owner, ids);
  }

  async #beginBundle(
    { manifest, owner: ids }: LeavingExport,
    bundle: string,
  ): Promise<BundleTree> {
    await removeInterrupted(bundle, manifest.exportId);
    const tree = new BundleTree(bundle, ids);
    this.#bundles.set(manifest.exportId, tree);
    return tree;
  }

  /** Ends the processes that act as owners. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owners[Symbol.asyncDispose]();
  }

  async #actAs(name: string): Promise<ServiceCaller> {
    const owner = await this.#owners.of(name);
    if (owner) return owner;
    throw new LumberjackError("this host does not know the jobs' owner", {
      subject: name,
      remedy: "export where the user has an account",
    });
  }

  #overLimit(owner: string, { found, bytes }: FoundNeeds): string | undefined {
    const { mostJobBytes, mostExportBytes } = this.#options;
    if (mostJobBytes !== undefined && bytes > mostJobBytes) {
      return `its inputs have ${bytes} bytes, more than ${mostJobBytes} ` +
        "(--max-bytes)";
    }
    const planned = this.#planned.get(owner) ?? { paths: new Set(), bytes: 0 };
    this.#planned.set(owner, planned);
    const added = found.filter(({ found }) => !planned.paths.has(found.real));
    const more = added.reduce((sum, { found }) => sum + found.bytes, 0);
    if (
      mostExportBytes !== undefined && planned.bytes + more > mostExportBytes
    ) {
      return `the export would have more than ${mostExportBytes} bytes ` +
        "(--max-export-bytes)";
    }
    this.#progress.planned += more;
    planned.bytes += more;
    const isCounted = mostExportBytes !== undefined ||
      planned.paths.size < mostCounted;
    if (isCounted) {
      for (const { found } of added) planned.paths.add(found.real);
    }
    return undefined;
  }
}

/** How many different files are counted to estimate the remaining time. */
const mostCounted = 200_000;

/** What {@linkcode FileStaging.reasonToStay} reads of a job's ad. */
const stagingAttributes: readonly string[] = [
  "ClusterId",
  "ProcId",
  ...inputAttributes,
];

import { userInfo } from "node:os";
import type { Expr, Scope } from "../../../classad/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { spooledExecutable } from "../inputs.ts";
import type { Inspected } from "../owner/inspect.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { inputKey } from "./input_key.ts";
import { Inspections } from "./inspections.ts";
import { changesByName, LeavingAd } from "./leaving_ad.ts";
import {
  type JobNeeds,
  jobNeeds,
  type NeededInput,
  type NeedsContext,
} from "./needs.ts";
import { isThere } from "../tree/is_there.ts";
import type { Owners } from "./owners.ts";
import type { StageOptions } from "./stage_options.ts";

/** An input with the file at home that is copied for it. */
export interface FoundInput extends NeededInput {
  /** What it turned out to be. */
  readonly found: Extract<Inspected, { real: string }>;
}

/** What a job needs, and where that is. */
export interface FoundNeeds {
  /** The job's ad as it leaves. */
  readonly ad: LeavingAd;
  /** The job's needs. */
  readonly needs: JobNeeds;
  /** Everything that has to be copied for it. */
  readonly found: readonly FoundInput[];
  /** The size of all of that, in bytes. */
  readonly bytes: number;
}

/** What jobs with the same inputs need, or why they have to stay. */
type Known = Omit<FoundNeeds, "ad"> | { readonly reasonToStay: string };

/** How many of these are remembered. Jobs of a cluster come together. */
const mostKnown = 64;

/** Finds what jobs need on the disk, as their owners. */
export class NeedsFinder {
  readonly #options: StageOptions;
  readonly #owners: Owners;
  readonly #changes: ReadonlyMap<string, Expr | undefined>;
  readonly #inspections = new Inspections();
  /** What jobs need, by {@linkcode inputKey}. */
  readonly #known = new Map<string, Known>();

  /** `options` have been checked. */
  constructor(options: StageOptions, owners: Owners) {
    const { set = [], deleted = [] } = options;
    this.#options = options;
    this.#owners = owners;
    this.#changes = changesByName({ set, deleted });
  }

  /** Finds what a job needs, or says why it has to stay. */
  async find(ad: Scope): Promise<FoundNeeds | { reasonToStay: string }> {
    const leaving = new LeavingAd(ad, this.#changes);
    const key = await this.#keyOf(leaving);
    const found = (key === undefined ? undefined : this.#known.get(key)) ??
      await this.#find(leaving);
    if (key !== undefined) this.#keep(key, found);
    return "reasonToStay" in found ? found : { ad: leaving, ...found };
  }

  async #find(ad: LeavingAd): Promise<Known> {
    const needs = jobNeeds(ad, this.#context());
    if ("reasonToStay" in needs) return needs;
    const { needed } = needs;
    if (needed.length === 0) return { needs, found: [], bytes: 0 };
    const name = stringOf(ad, "Owner") ?? "";
    const owner = await this.#owners.of(name);
    if (!owner) {
      return { reasonToStay: `this host knows no user ${name}` };
    }
    const found = await this.#locate(owner, name, needed);
    if ("reasonToStay" in found) return found;
    const bytes = found.reduce((sum, { found }) => sum + found.bytes, 0);
    return { needs, found, bytes };
  }

  async #keyOf(ad: LeavingAd): Promise<string | undefined> {
    const key = inputKey(ad);
    const spooled = spooledExecutable(ad, this.#options);
    if (key === undefined || spooled === undefined) return key;
    // What a job that ran has in SPOOL is the job's own.
    if ((integerOf(ad, "NumJobStarts") ?? 0) > 0) return undefined;
    // Most clusters have none. To ask the owner about each of them takes long.
    if (isSurelyMissing(spooled)) return key;
    const name = stringOf(ad, "Owner") ?? "";
    const owner = await this.#owners.of(name);
    if (!owner) return key;
    const [found] = await this.#inspections.of(owner, name, [spooled]);
    const isMissing = "problem" in found && found.missing;
    return isMissing ? key : `${key}\0${spooled}`;
  }

  #keep(key: string, found: Known): void {
    this.#known.set(key, found);
    if (this.#known.size <= mostKnown) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest);
  }

  #context(): NeedsContext {
    const { presentThere = [], credentials = false, spool } = this.#options;
    const now = Math.floor(Date.now() / 1000);
    const isShared = this.#options.mode === "shared-fs";
    return { presentThere, credentials, spool, isShared, now };
  }

  /** Looks at the files. */
  async #locate(
    owner: ServiceCaller,
    name: string,
    needed: readonly NeededInput[],
  ): Promise<FoundInput[] | { reasonToStay: string }> {
    const paths = needed.flatMap(({ path, spooled }) =>
      spooled === undefined ? [path] : [spooled, path]
    );
    const answers = await this.#inspections.of(owner, name, paths);
    const byPath = new Map(paths.map((path, at) => [path, answers[at]]));
    const inputs: FoundInput[] = [];
    for (const input of needed) {
      const spooled = input.spooled && byPath.get(input.spooled);
      const found = spooled && "real" in spooled
        ? spooled
        : byPath.get(input.path)!;
      if ("real" in found) inputs.push({ ...input, found });
      else if (!found.missing || !input.optional) {
        return { reasonToStay: reasonOf(found, name) };
      }
    }
    return inputs;
  }
}

/**
 * Whether nothing has this path. Only its name is looked up, and its folder, in
 * SPOOL, is not the owner's.
 */
function isSurelyMissing(path: string): boolean {
  try {
    return !isThere(path);
  } catch {
    return false;
  }
}

/** Says what is the matter with a file, and with whom. */
function reasonOf(
  { path, problem, denied }: Extract<Inspected, { problem: string }>,
  owner: string,
): string {
  if (!denied) return `${path}: ${problem}`;
  if (Deno.uid() === 0) return `${path}: ${owner} may not read it`;
  const us = userInfo().username;
  return `${path}: ${us} may not read it` +
    (us === owner ? "" : ` (root can export the files of ${owner})`);
}

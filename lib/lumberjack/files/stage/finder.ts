import type { Expr, Scope } from "../../../classad/mod.ts";
import { stringOf } from "../../job/attribute_values.ts";
import type { Inspected } from "../owner/inspect.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { Inspections } from "./inspections.ts";
import { changesByName, LeavingAd } from "./leaving_ad.ts";
import {
  type JobNeeds,
  jobNeeds,
  type NeededInput,
  type NeedsContext,
} from "./needs.ts";
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

/** Finds what jobs need on the disk, as their owners. */
export class NeedsFinder {
  readonly #options: StageOptions;
  readonly #owners: Owners;
  readonly #changes: ReadonlyMap<string, Expr | undefined>;
  readonly #inspections = new Inspections();

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
    const needs = jobNeeds(leaving, this.#context());
    if ("reasonToStay" in needs) return needs;
    const { needed } = needs;
    if (needed.length === 0) {
      return { ad: leaving, needs, found: [], bytes: 0 };
    }
    const name = stringOf(ad, "Owner") ?? "";
    const owner = await this.#owners.of(name);
    if (!owner) {
      return { reasonToStay: `this host knows no user ${name}` };
    }
    const found = await this.#locate(owner, name, needed);
    if ("reasonToStay" in found) return found;
    const bytes = found.reduce((sum, { found }) => sum + found.bytes, 0);
    return { ad: leaving, needs, found, bytes };
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
        return { reasonToStay: `${found.path}: ${found.problem}` };
      }
    }
    return inputs;
  }
}

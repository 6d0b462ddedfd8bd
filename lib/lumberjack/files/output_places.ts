/**
 * Where a file from a sandbox ends. At home that is below the job's Iwd under the
 * file's own name, or where TransferOutputRemaps, Out or Err send it. Or the
 * execute side uploads it to a URL.
 *
 * @module
 */
import type { Scope } from "../../classad/mod.ts";
import { booleanOf, stringOf } from "../job/attribute_values.ts";
import { illegalBelow, isUrl, nullFile, under, unusableName } from "./names.ts";
import type { FilesContext } from "./policy.ts";
import { parseRemaps, remap, type RemapRule } from "./remaps.ts";

/** Where a file ends, or why it ends nowhere. */
export type Placement =
  /** An absolute path at home. */
  | { readonly path: string }
  /** A URL to which the execute side has uploaded the file. */
  | { readonly url: string }
  /** HTCondor would put the job on hold. */
  | { readonly refused: string };

/** The rules for one job. */
export class OutputPlaces {
  readonly #rules: readonly RemapRule[];
  /** The rules that the starter reads. It uploads the files that they send to a URL. */
  readonly #starterRules: readonly RemapRule[];
  readonly #folder: string;
  readonly #destination: string | undefined;
  readonly #streams: ReadonlySet<string>;

  /** Files whose name has no rule end in `folder`. */
  constructor(
    ad: Scope,
    context: FilesContext & {
      readonly folder: string;
      readonly spooled: boolean;
    },
  ) {
    const text = stringOf(ad, "TransferOutputRemaps") ?? "";
    const streams = streamRemaps(ad);
    this.#folder = context.folder;
    this.#starterRules = parseRemaps(text, context.release);
    // A spooled job's files keep their names until condor_transfer_data fetches
    // them. The shadow adds its own rules after the user's, in the same text.
    const own = context.spooled ? "" : text;
    // Release 23.9 adds a semicolon even after a semicolon. It then reads that
    // semicolon as part of a name that no stream has.
    const ended = own === "" ||
      (own.endsWith(";") && context.release !== "23.9");
    const between = ended ? "" : ";";
    this.#rules = parseRemaps(own + between + streams, context.release);
    const destination = stringOf(ad, "OutputDestination");
    this.#destination = destination && isUrl(destination)
      ? destination.replace(/\/?$/, "/")
      : undefined;
    this.#streams = new Set(
      (["Out", "Err"] as const).flatMap((name) =>
        booleanOf(ad, `Stream${name}`) === false
          ? [name === "Out" ? "_condor_stdout" : "_condor_stderr"]
          : []
      ),
    );
  }

  /** See {@linkcode JobOutputs.place}. */
  of(arrivesAs: string, source = arrivesAs): Placement {
    const uploaded = this.#uploaded(source);
    if (uploaded !== undefined) return { url: uploaded };
    const reason = illegalBelow(arrivesAs);
    if (reason !== undefined) return { refused: reason };
    const found = remap(this.#rules, arrivesAs);
    if (found === undefined) return { path: under(this.#folder, arrivesAs) };
    if ("circle" in found) return { refused: "its remaps run in a circle" };
    if (isUrl(found.target)) {
      return { refused: "it is remapped to a URL by another name" };
    }
    const unusable = unusableName(found.target);
    return unusable === undefined
      ? { path: under(this.#folder, found.target) }
      : { refused: unusable };
  }

  /** The URL to which the starter uploads a file of the sandbox. */
  #uploaded(source: string): string | undefined {
    if (this.#destination !== undefined) {
      if (!this.#streams.has(source)) return this.#destination + source;
      return undefined;
    }
    const found = remap(this.#starterRules, source);
    if (found === undefined || "circle" in found) return undefined;
    return isUrl(found.target) ? found.target : undefined;
  }
}

/**
 * The rules that the shadow adds (remoteresource.cpp,
 * `modifyFileTransferObject`). It escapes nothing: a semicolon in Out ends the
 * name there.
 */
function streamRemaps(ad: Scope): string {
  const rules: string[] = [];
  const names = [
    ["Out", "_condor_stdout"],
    ["Err", "_condor_stderr"],
    ["JobStarterLog", ".starter.log"],
  ] as const;
  for (const [attribute, name] of names) {
    const target = stringOf(ad, attribute);
    if (target === undefined || target === name || target === nullFile) {
      continue;
    }
    rules.push(`${name}=${target}`);
  }
  return rules.join(";");
}

/**
 * What a manifest says about an export whose files travel too, or whose ads
 * were changed on the way out.
 *
 * @module
 */

/**
 * How an export's files get to the remote side. `stage`: they lie beside the
 * log. `shared-fs`: the remote side sees the same files under the same paths.
 */
export type FilesMode = "stage" | "shared-fs";

/** The field `files` of a manifest. An export that moves ads only has none. */
export interface ManifestFiles {
  /** How the files get to the remote side. */
  readonly mode: FilesMode;
  /** Folders that the remote side has under the same path. */
  readonly presentThere: readonly string[];
  /** The attributes that the user set in the ads that left (`--set`). */
  readonly set: readonly {
    readonly name: string;
    /** An expression in old syntax. */
    readonly value: string;
  }[];
  /** The attributes that the user removed from the ads that left (`--delete`). */
  readonly deleted: readonly string[];
  /** Whether jobs that need credentials were let go (`--credentials`). */
  readonly credentials: boolean;
  /** The attributes that Lumberjack changed in the ads that left. */
  readonly rewritten: readonly string[];
  /** How many distinct inputs: files, or folders with what is in them. */
  readonly inputs: number;
  /** How many plain files the inputs are, those in folders counted. */
  readonly count: number;
  /** The size of all inputs, in bytes. */
  readonly bytes: number;
  /** The bundle that holds the tree, absolute; missing when it lies in a folder. */
  readonly bundle?: string;
}

/**
 * Reads the field `files`; undefined if it is not in the right form. The
 * manifest may have travelled, so every part is checked.
 */
export function parseManifestFiles(value: unknown): ManifestFiles | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { mode, presentThere, set, deleted, rewritten, bundle } = fields;
  if (mode !== "stage" && mode !== "shared-fs") return undefined;
  if (!isStrings(presentThere) || !isStrings(deleted)) return undefined;
  if (!isStrings(rewritten) || !isSettings(set)) return undefined;
  return {
    mode,
    presentThere,
    set: set.map(({ name, value }) => ({ name, value })),
    deleted,
    credentials: fields.credentials === true,
    rewritten,
    inputs: countOf(fields.inputs),
    count: countOf(fields.count),
    bytes: countOf(fields.bytes),
    ...(typeof bundle === "string" ? { bundle } : {}),
  };
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? value as number
    : 0;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === "string");
}

function isSettings(value: unknown): value is ManifestFiles["set"] {
  return Array.isArray(value) &&
    value.every((setting) =>
      typeof setting?.name === "string" && typeof setting.value === "string"
    );
}

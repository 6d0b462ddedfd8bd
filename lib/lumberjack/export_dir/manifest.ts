import { createHash } from "node:crypto";
import { join } from "@std/path";
import { DurableFile, removeUnfinished } from "../../queue_log/mod.ts";
import type { SkippedJob } from "../job/skipped_job.ts";
import { ManifestError } from "../error.ts";
import { renewSum } from "./sums_line.ts";
import { type ManifestFiles, parseManifestFiles } from "./manifest_files.ts";

/** The name of the manifest in an export's directory. */
export const manifestName = "manifest.json";
/** The name of the queue log in an export's directory, which is the schedd's own. */
export const queueLogName = "job_queue.log";

/**
 * How far an export has come. `planned`: nothing is certain but the manifest.
 * `written`: the jobs are locked and the log is whole. `importing`: results are
 * being merged. `imported`: every job that came back is home. `unexported`: the
 * jobs were unlocked here without results.
 */
export type ExportState =
  | "planned"
  | "written"
  | "importing"
  | "imported"
  | "unexported";

const states: readonly ExportState[] = [
  "planned",
  "written",
  "importing",
  "imported",
  "unexported",
];

/** What stands in manifest.json beside an exported job_queue.log. */
export interface Manifest {
  /** The id of the export, which its jobs carry. */
  readonly exportId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The version that wrote this. */
  readonly lumberjackVersion: string;
  /** The schedd that the jobs left, as their GlobalJobId names it. */
  readonly schedd: string;
  /** The owner of all the jobs. */
  readonly owner: string;
  /** The constraint as the user wrote it; null when jobs were named by ID. */
  readonly constraint: string | null;
  /** The IDs as the user wrote them, when jobs were named by ID. */
  readonly ids?: readonly string[];
  /** SPOOL of the schedd that will run the jobs. */
  readonly remoteSpool: string;
  /** The clusters that have jobs in this export. */
  readonly clusters: readonly number[];
  /** The number of jobs. */
  readonly jobs: number;
  /**
   * The SHA-256 of job_queue.log, in hexadecimal. Null until the log is
   * written.
   */
  readonly sha256: string | null;
  /**
   * How many bytes job_queue.log has. Missing until the log is written, and in
   * exports of versions that did not write it.
   */
  readonly bytes?: number;
  /** How far the export has come. */
  readonly state: ExportState;
  /** The jobs that matched and stayed. */
  readonly skipped: readonly SkippedJob[];
  /** How the files travel; missing in an export that moves ads only. */
  readonly files?: ManifestFiles;
  /**
   * Another folder, absolute, that has something of this export:
   * `export --again` writes, or wrote, the export from one of them into the other.
   */
  readonly otherFolder?: string;
  /**
   * In what came back: whether the remote side has finished with the jobs. Only
   * `lumberjack remote` writes it.
   */
  readonly final?: boolean;
  /** What the last import did. */
  readonly imported?: {
    readonly at: string;
    readonly jobs: number;
    readonly merged: number;
    readonly released: number;
    readonly missing: number;
    readonly refused: number;
  };
}

/** Makes the id of a new export: the time, to read, and 32 random bits. */
export function newExportId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
  return `${stamp}-${crypto.randomUUID().slice(0, 8)}`;
}

/** Whether a text has the form of {@linkcode newExportId}'s. */
export function isExportId(text: string): boolean {
  return /^\d{8}T\d{6}Z-[0-9a-f]{8}$/.test(text);
}

/**
 * Returns the text of manifest.json. The length of the log is written only together
 * with the log's checksum, and after it.
 */
export function formatManifest(manifest: Manifest): string {
  const { bytes, ...others } = manifest;
  const ordered = Object.fromEntries(
    Object.entries(others).flatMap(([name, value]): [string, unknown][] =>
      name === "sha256" && value !== null
        ? [[name, value], ["bytes", bytes]]
        : [[name, value]]
    ),
  );
  return JSON.stringify(ordered, null, 2) + "\n";
}

/**
 * Writes manifest.json into `directory`, durably. If the folder has a
 * SHA256SUMS, its line for the manifest is renewed first: if Lumberjack is killed
 * in between, the old manifest says that there is something left to do, and who
 * does it comes here again.
 */
export function writeManifest(
  directory: string,
  manifest: Manifest,
  owner?: { readonly uid: number; readonly gid: number },
): void {
  const text = formatManifest(manifest);
  const path = join(directory, manifestName);
  removeUnfinished(path);
  // If the disk is full, nothing changes: the manifest then has room already
  // when its checksum is renewed.
  using file = new DurableFile(path, { mode: 0o644, owner });
  file.writeSync(new TextEncoder().encode(text));
  renewSum(directory, manifestName, sha256OfText(text), owner);
  file.commit({ replace: true });
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256OfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Changes fields of the manifest of an export that was written before; it stays
 * with its user. The jobs do not depend on it, so nothing is thrown: answers
 * with the reason when it was not to be done, and undefined when it was, or
 * when another export, or none, is there by now.
 */
export function updateManifest(
  directory: string,
  exportId: string,
  fields: Partial<Manifest>,
): string | undefined {
  const path = join(directory, manifestName);
  try {
    const manifest = readManifest(directory);
    if (manifest?.exportId !== exportId) return undefined;
    const { uid, gid } = Deno.lstatSync(path);
    const owner = Deno.uid() === 0 && uid !== null && gid !== null
      ? { uid, gid }
      : undefined;
    writeManifest(directory, { ...manifest, ...fields }, owner);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `the manifest was not brought up to date: ${path}: ${why}`;
  }
}

/** What a manifest says about a log. Throws what reading the log throws. */
export function sumOfLog(path: string): { sha256: string; bytes: number } {
  return { sha256: sha256OfFile(path), bytes: Deno.statSync(path).size };
}

/** The SHA-256 of a file, in hexadecimal. Throws what reading it throws. */
export function sha256OfFile(path: string): string {
  using file = Deno.openSync(path, { read: true });
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  for (;;) {
    const count = file.readSync(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

/** In bytes: a million jobs left out, each with its reason. */
export const largestManifest = 256 * 1024 * 1024;

/**
 * Reads manifest.json in the folder `directory`. Returns undefined if there is
 * none. Throws {@linkcode ManifestError} if it is damaged.
 *
 * @example
 * ```ts
 * import { readManifest } from "../../../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readManifest(Deno.makeTempDirSync()), undefined);
 * ```
 */
export function readManifest(directory: string): Manifest | undefined {
  const path = join(directory, manifestName);
  let text: string;
  try {
    // Whose folder it is may have put a pipe there, or a device without end.
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw damaged(path, "not a file");
    if (size > largestManifest) throw damaged(path, `${size} bytes`);
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw new ManifestError("cannot read the manifest", {
      cause: error,
      subject: path,
      remedy: "check the permissions of the folder",
    });
  }
  return parseManifest(text, path);
}

/**
 * Reads the text of a manifest. It may have travelled with the jobs, so each
 * field is checked; what is not known is left out. `path` is for messages.
 */
export function parseManifest(text: string, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(path, "not JSON", error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged(path, "not a JSON object");
  }
  const fields = value as Record<string, unknown>;
  const string = (name: string): string => {
    const field = fields[name];
    if (typeof field !== "string") throw damaged(path, `no ${name}`);
    return field;
  };
  const state = string("state") as ExportState;
  if (!states.includes(state)) throw damaged(path, `unknown state ${state}`);
  const exportId = string("exportId");
  if (!isExportId(exportId)) throw damaged(path, "malformed exportId");
  if (!isCount(fields.jobs)) throw damaged(path, "jobs is not a count");
  const clusters = fields.clusters;
  if (!Array.isArray(clusters) || !clusters.every(isCount)) {
    throw damaged(path, "clusters is not a list of cluster IDs");
  }
  const files = parseManifestFiles(fields.files);
  return {
    exportId,
    createdAt: string("createdAt"),
    lumberjackVersion: string("lumberjackVersion"),
    schedd: string("schedd"),
    owner: string("owner"),
    constraint: typeof fields.constraint === "string"
      ? fields.constraint
      : null,
    ...(isStrings(fields.ids) ? { ids: fields.ids } : {}),
    remoteSpool: string("remoteSpool"),
    clusters,
    jobs: fields.jobs,
    sha256: typeof fields.sha256 === "string" ? fields.sha256 : null,
    ...(isCount(fields.bytes) ? { bytes: fields.bytes } : {}),
    state,
    skipped: Array.isArray(fields.skipped)
      ? fields.skipped.filter(isSkipped)
      : [],
    ...(files ? { files } : {}),
    ...(typeof fields.otherFolder === "string"
      ? { otherFolder: fields.otherFolder }
      : {}),
    ...(typeof fields.final === "boolean" ? { final: fields.final } : {}),
    ...(isImported(fields.imported) ? { imported: fields.imported } : {}),
  };
}

function damaged(path: string, why: string, cause?: unknown): ManifestError {
  return new ManifestError(`damaged manifest (${why})`, {
    cause,
    subject: path,
    remedy: "copy it again from where it was written",
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === "string");
}

function isSkipped(value: unknown): value is SkippedJob {
  const job = value as SkippedJob | null;
  return typeof job?.id === "string" && typeof job.reason === "string";
}

function isImported(
  value: unknown,
): value is NonNullable<Manifest["imported"]> {
  const counts = value as Record<string, unknown> | null | undefined;
  return typeof counts?.at === "string" &&
    ["jobs", "merged", "released", "missing", "refused"].every((name) =>
      isCount(counts[name])
    );
}

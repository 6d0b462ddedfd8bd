/**
 * The file by which the home side says that jobs are no longer wanted. It is
 * `lumberjack/EXPORT-ID/cancel` in a spool, an export's folder or a bundle, or
 * `EXPORT-ID.cancel` in the folder where bundles arrive. Each line is the id of a
 * job, `CLUSTER.PROC`, or `all`.
 *
 * @module
 */
import { join } from "@std/path";
import { writeTextDurably } from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import { renewSum } from "./sums_line.ts";
import { isExportId, sha256OfText } from "./manifest.ts";

/** Which jobs of an export are cancelled. */
export class CancelList {
  readonly #ids: ReadonlySet<string>;

  /** `ids` are `CLUSTER.PROC`, or `all`. */
  constructor(ids: Iterable<string> = []) {
    this.#ids = new Set(ids);
  }

  /** Whether no job is cancelled. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** Whether the job is cancelled. */
  has(id: string): boolean {
    return this.#ids.has("all") || this.#ids.has(id);
  }

  /** Returns the list with the jobs of another one. */
  with(other: CancelList): CancelList {
    return new CancelList([...this.#ids, ...other.#ids]);
  }

  /** The text of a file with this list. */
  get text(): string {
    const ids = this.#ids.has("all") ? ["all"] : [...this.#ids];
    return ids.map((id) => `${id}\n`).join("");
  }
}

/** A list of a million jobs, and no more. */
const largestFile = 32 * 1024 * 1024;

/** Returns the path of the file below a spool or an export's folder. */
export function cancelPath(folder: string, exportId: string): string {
  return join(folder, "lumberjack", exportId, "cancel");
}

/**
 * Reads a list. Returns an empty one if there is no such file. Throws
 * {@linkcode LumberjackError} if the file has anything else than ids: nobody can
 * say which jobs are meant.
 */
export function readCancel(path: string): CancelList {
  let text: string;
  try {
    const { isFile, size } = Deno.lstatSync(path);
    if (!isFile || size > largestFile) throw notAList(path, "not a list");
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new CancelList();
    throw error;
  }
  const lines = text.split("\n").map((line) => line.trim());
  const ids = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = ids.find((id) => !/^(all|\d{1,10}\.\d{1,10})$/.test(id));
  if (wrong !== undefined) throw notAList(path, wrong.slice(0, 80));
  return new CancelList(ids);
}

function notAList(path: string, what: string): LumberjackError {
  return new LumberjackError("this is no list of cancelled jobs", {
    subject: `${path}: ${what}`,
    remedy: "write a line CLUSTER.PROC for each job, or all",
  });
}

/**
 * Adds jobs to the list in a spool or an export's folder, durably. `ids` are
 * `CLUSTER.PROC`, or `all`. A folder with SHA256SUMS gets the file's checksum.
 * Repeating it changes nothing. Throws {@linkcode LumberjackError} if there is a
 * file that is no such list.
 */
export function writeCancel(
  folder: string,
  exportId: string,
  ids: Iterable<string>,
): void {
  if (!isExportId(exportId)) {
    throw new LumberjackError("not an export id", {
      subject: exportId,
      remedy: "lumberjack status lists the export ids",
    });
  }
  const path = cancelPath(folder, exportId);
  const { text } = readCancel(path).with(new CancelList(ids));
  const above = join(folder, "lumberjack", exportId);
  Deno.mkdirSync(above, { recursive: true, mode: 0o755 });
  writeTextDurably(path, text, { mode: 0o644 });
  const name = `lumberjack/${exportId}/cancel`;
  renewSum(folder, name, sha256OfText(text), undefined, { add: true });
}

import { basename, join } from "@std/path";
import {
  type ByteSource,
  type CheckedLog,
  openChecked,
  type Problem,
  QueueLogDamage,
  QueueLogError,
  type QueueTable,
} from "../../queue_log/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { ReturnedLogError } from "../error.ts";
import { exportIdAttribute } from "../job/lock.ts";
import { queueLogName } from "./manifest.ts";

/** A returned queue log that was checked. */
export interface ReturnedLog {
  /** The path of the log file. */
  readonly path: string;
  /** The folder that the log is in. */
  readonly directory: string;
  /** Its ads. Close the table after use. */
  readonly table: QueueTable;
  /** How many bytes the log file has. */
  readonly size: number;
  /** Returns the SHA-256 of the log file, in hexadecimal. It is read again. */
  sha256(): string;
  /** How many jobs it has. */
  readonly jobs: number;
  /** The export that most of its jobs name; undefined if none names any. */
  readonly exportId: string | undefined;
}

/**
 * Opens what came back: a folder with a job_queue.log, or the log itself. Checks
 * that it is a queue log without damage, and nothing more: the contents may be a
 * stranger's. Throws {@linkcode ReturnedLogError} if it is damaged or cannot be
 * read.
 *
 * @param path The folder or the log.
 * @param openIn Opens a file in the folder, if links in it must not be followed.
 */
export function openReturnedLog(
  path: string,
  openIn?: (folder: string, name: string) => ByteSource,
): ReturnedLog {
  const inFolder = isReturnedFolder(path);
  const file = inFolder ? join(path, queueLogName) : path;
  const { table, size, sha256, watched } = openUndamaged(
    file,
    inFolder && openIn ? () => openIn(path, queueLogName) : () => file,
  );
  const { jobs } = table;
  const counts = watched && countsOfAll(watched, jobs) || readCounts(table);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return {
    path: file,
    directory: file.slice(0, -basename(file).length) || ".",
    table,
    size,
    sha256,
    jobs,
    exportId: most?.[0],
  };
}

/**
 * Returns how many jobs name each export, if every job says that in its own ad,
 * as a string.
 */
function countsOfAll(
  watched: ReadonlyMap<string, number>,
  jobs: number,
): Map<string, number> | undefined {
  const counts = new Map<string, number>();
  let rest = jobs;
  for (const [value, count] of watched) {
    const id = /^"([\w-]+)"$/.exec(value)?.[1];
    if (id === undefined) return undefined;
    counts.set(id, count);
    rest -= count;
  }
  return rest === 0 ? counts : undefined;
}

/** Reads all jobs, and returns how many of them name each export. */
function readCounts(table: QueueTable): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ad of table.procs()) {
    const id = stringOf(ad, exportIdAttribute);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Whether what came back is a folder. Throws {@linkcode ReturnedLogError}. */
function isReturnedFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ReturnedLogError("no such file or folder", {
        cause: error,
        subject: path,
        remedy: "name the returned SPOOL or the job_queue.log in it with --in",
      });
    }
    throw new ReturnedLogError("cannot look at what came back", {
      cause: error,
      subject: path,
      remedy: "check its permissions",
    });
  }
}

/**
 * Whether a problem makes the log useless. A torn record at the end does not: a
 * schedd that was killed leaves one.
 */
function isDamage({ severity, kind }: Problem): boolean {
  return severity === "fatal" || kind === "bad-record" ||
    kind === "bad-value" || kind === "unreadable";
}

function openUndamaged(
  file: string,
  open: () => string | ByteSource,
): CheckedLog {
  try {
    const log = openChecked(open(), { watch: exportIdAttribute });
    const worst = log.report.problems.find(isDamage);
    if (worst === undefined) return log;
    log[Symbol.dispose]();
    throw new ReturnedLogError("returned log is damaged", {
      subject: `${file}, line ${worst.line}: ${worst.message}`,
      remedy:
        "nothing was merged; copy it again from the remote site, and see lumberjack log verify",
    });
  } catch (error) {
    if (!(error instanceof QueueLogError)) throw error;
    const damaged = error instanceof QueueLogDamage;
    throw new ReturnedLogError(
      `cannot use the returned log (${error.message})`,
      {
        cause: error,
        subject: error.subject ?? file,
        remedy: damaged
          ? "nothing was merged; copy it again from the remote site, and see lumberjack log verify"
          : error.remedy ??
            "name the returned SPOOL or the job_queue.log in it with --in",
      },
    );
  }
}

import { basename, join } from "@std/path";
import {
  type Problem,
  QueueLogDamage,
  QueueLogError,
  QueueTable,
  verify,
} from "../../queue_log/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { ReturnedLogError } from "../error.ts";
import { exportIdAttribute } from "../job/lock.ts";
import { queueLogName } from "./manifest.ts";

/** A returned queue log, read whole. */
export interface ReturnedLog {
  /** Of the log itself. */
  readonly path: string;
  /** The folder in which it is. */
  readonly directory: string;
  readonly table: QueueTable;
  /** How many jobs it has. */
  readonly jobs: number;
  /** The export that most of its jobs carry; undefined when none carries any. */
  readonly exportId: string | undefined;
}

/**
 * Opens what came back: the folder or the job_queue.log in it. Nothing in it is
 * believed yet; that it is a queue log without damage is all that is known
 * afterwards. Throws {@linkcode ReturnedLogError} when it is not.
 */
export function openReturnedLog(path: string): ReturnedLog {
  const file = isDirectory(path) ? join(path, queueLogName) : path;
  const table = openTable(file);
  const counts = new Map<string, number>();
  let jobs = 0;
  for (const ad of table.procs()) {
    jobs++;
    const id = stringOf(ad, exportIdAttribute);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return {
    path: file,
    directory: file.slice(0, -basename(file).length) || ".",
    table,
    jobs,
    exportId: most?.[0],
  };
}

function isDirectory(path: string): boolean {
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

/** A torn tail is no damage: it is what a schedd leaves that was killed. */
function isDamage({ severity, kind }: Problem): boolean {
  return severity === "fatal" || kind === "bad-record" ||
    kind === "bad-value" || kind === "unreadable";
}

function openTable(file: string): QueueTable {
  try {
    const report = verify(file);
    const worst = report.problems.find(isDamage);
    if (worst) {
      throw new ReturnedLogError("returned log is damaged", {
        subject: `${file}, line ${worst.line}: ${worst.message}`,
        remedy:
          "nothing was merged; copy it again from the remote site, and see lumberjack log verify",
      });
    }
    return QueueTable.open(file);
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

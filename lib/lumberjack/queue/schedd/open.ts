import {
  type CondorConfig,
  loadConfig,
  locateSchedd,
  Schedd,
  type ScheddRequest,
  securityOf,
} from "../../../condor/mod.ts";
import type { JobId } from "../../job/id.ts";
import { ScheddJobQueue } from "./job_queue.ts";
import { proveLog } from "./proof.ts";

/** Which running schedd, and what for. */
export interface ScheddQueueRequest extends ScheddRequest {
  /** The queue will be changed: whether we may is found out now. */
  readonly changes: boolean;
  /** The queue may not be read at all: whether its log may be read is found out when it is. */
  readonly isLazy?: boolean;
  /** Called with a sentence that the user should know, such as a log that is not used. */
  readonly note?: (text: string) => void;
}

/**
 * Opens the queue of a running schedd. Its log is read only if it is proven to be
 * that schedd's (proof.ts); otherwise the queue is read by queries. Throws a
 * CondorError or CedarError if there is no schedd, or if it refuses us.
 *
 * @example
 * ```ts
 * import { openScheddQueue, status } from "../../../../mod.ts";
 *
 * async function countJobsAway(schedd: string): Promise<number> {
 *   const queue = await openScheddQueue({ name: schedd, changes: false });
 *   try {
 *     return (await status(queue)).locked;
 *   } finally {
 *     await queue.close();
 *   }
 * }
 * ```
 */
export async function openScheddQueue(
  request: ScheddQueueRequest,
): Promise<ScheddJobQueue> {
  const config = await loadConfig();
  const security = securityOf(config);
  const location = await locateSchedd(request, config, security);
  const schedd = new Schedd(location, security);
  await schedd.hello(request.changes ? "WRITE" : "READ");
  const log = (job?: JobId) => provenLog(schedd, config, request, job);
  return new ScheddJobQueue(schedd, request.isLazy ? log : await log());
}

/** Returns the path of the schedd's log, if it may be read and is proven. */
async function provenLog(
  schedd: Schedd,
  config: CondorConfig,
  { changes, note }: ScheddQueueRequest,
  job: JobId | undefined,
): Promise<string | undefined> {
  const log = schedd.location.local
    ? readableLog(config.get("JOB_QUEUE_LOG"))
    : undefined;
  if (log === undefined) return undefined;
  const proof = await proveLog(schedd, log, { mayWrite: changes, job });
  if (proof.kind === "proven") return log;
  if (proof.kind === "unproven") {
    note?.(foreignLogNote(schedd.name, log, proof.reason));
  }
  return undefined;
}

/** The sentence that says why a log is not used, and what to do. */
export function foreignLogNote(
  schedd: string,
  log: string,
  reason: string,
): string {
  return `${log} is not used: ${reason}; the queue of ${schedd} is read by ` +
    "queries, which is slower: SPOOL and JOB_QUEUE_LOG have to be those of " +
    "this schedd (condor_restart -schedd after a change)";
}

/**
 * Returns `path` when it can be read, else undefined. The log belongs to the
 * schedd's user and has mode 0600: root and condor can read it.
 */
export function readableLog(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    Deno.openSync(path, { read: true }).close();
    return path;
  } catch {
    return undefined;
  }
}

import {
  loadConfig,
  locateSchedd,
  Schedd,
  type ScheddRequest,
  securityOf,
} from "../../../condor/mod.ts";
import { ScheddJobQueue } from "./job_queue.ts";

/** Which running schedd, and what for. */
export interface ScheddQueueRequest extends ScheddRequest {
  /** The queue will be changed: whether we may is found out now. */
  readonly changes: boolean;
}

/**
 * Opens the queue of a running schedd. Throws a CondorError or CedarError when
 * there is none, or it does not let us in.
 */
export async function openScheddQueue(
  request: ScheddQueueRequest,
): Promise<ScheddJobQueue> {
  const config = await loadConfig();
  const security = securityOf(config);
  const location = await locateSchedd(request, config, security);
  const schedd = new Schedd(location, security);
  await schedd.hello(request.changes ? "WRITE" : "READ");
  const log = location.local
    ? readableLog(config.get("JOB_QUEUE_LOG"))
    : undefined;
  return new ScheddJobQueue(schedd, log);
}

/** The log is the schedd's user's, mode 0600: root and condor can read it. */
export function readableLog(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    Deno.openSync(path, { read: true }).close();
    return path;
  } catch {
    return undefined;
  }
}

import { Buffer } from "node:buffer";
import { resolve } from "@std/path";
import type { Scope } from "../../../classad/mod.ts";
import { writeEvent } from "../../../user_log/mod.ts";
import type { JobId } from "../../job/id.ts";
import { formatJobId } from "../../job/id.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { homeEvents } from "./home_events.ts";
import { defaultUserLogConfig, type UserLogConfig } from "./home_logs.ts";
import { endedInLog, ensureInLog, seeLog } from "./owner_log.ts";

/** Where ends are appended, and as whom. */
export interface AppendEndsOptions {
  /** The log. */
  readonly log: string;
  /** Acts as the owner of the jobs. */
  readonly owner: ServiceCaller;
  /** How HTCondor writes user logs here. */
  readonly config?: UserLogConfig;
}

/** How far back an end is looked for that was torn when its writer was killed. */
const LOOK_BACK = 1 << 20;

/**
 * Appends the terminal events of jobs that have ended, made from their ads, unless
 * the log has them. Returns how many were appended. Throws `UserLogError` or
 * `ServiceError` if the log cannot be written.
 */
export async function appendEnds(
  jobs: readonly { readonly id: JobId; readonly ad: Scope }[],
  { log, owner, config = defaultUserLogConfig }: AppendEndsOptions,
): Promise<number> {
  const path = resolve(log);
  const seen = await seeLog(owner, path);
  const format = seen.format ?? config.format;
  const names = jobs.map(({ id }) => formatJobId(id));
  // Somebody may have written them in the meantime.
  const ended = await endedInLog(owner, path, names);
  const now = Math.floor(Date.now() / 1000);
  const written = jobs.flatMap(({ id, ad }) => {
    if (ended.has(formatJobId(id))) return [];
    const last = homeEvents({ id, ad, now }, []).at(-1);
    return last?.isTerminal ? [writeEvent(last, format)] : [];
  });
  if (written.length === 0) return 0;
  await ensureInLog(owner, {
    ...{ exportId: "", log: path, format: format.log, jobs: names },
    ...{ dev: seen.dev, ino: seen.ino, sha256: "" },
    offset: Math.max(0, seen.size - LOOK_BACK),
    lengths: written.map(({ length }) => length),
    events: Buffer.concat(written),
  }, config.locking);
  return written.length;
}

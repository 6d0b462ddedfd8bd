/**
 * The event logs that a job has at home.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import type { Scope } from "../../../classad/mod.ts";
import {
  defaultFormat,
  type EventFilter,
  type EventFormat,
  eventsForHome,
  parseFormatOptions,
  parseMask,
} from "../../../user_log/mod.ts";
import type { CondorConfig } from "../../../condor/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import { isRouted } from "./home_events.ts";

/** An event log of a job. */
export interface HomeLog {
  /** Absolute. */
  readonly path: string;
  /** Which events of the job go there. */
  readonly wants: EventFilter;
  /** The format, if the log is empty or missing. */
  readonly format: EventFormat;
}

/** How HTCondor is configured to write user logs. */
export interface UserLogConfig {
  /** The format of a log that is empty or missing. */
  readonly format: EventFormat;
  /** How logs are locked; undefined if they are not, which is the default. */
  readonly locking: LockPlace | undefined;
}

/** Where HTCondor locks user logs. */
export interface LockPlace {
  /** The folder of lock files; null if a log itself is locked. */
  readonly folder: string | null;
}

/** HTCondor's defaults. */
export const defaultUserLogConfig: UserLogConfig = {
  format: defaultFormat,
  locking: undefined,
};

/** Reads the knobs. */
export function userLogConfig(config: CondorConfig): UserLogConfig {
  const options = config.get("DEFAULT_USERLOG_FORMAT_OPTIONS") ?? "";
  const format = parseFormatOptions(options);
  if (!config.boolean("ENABLE_USERLOG_LOCKING")) {
    return { format, locking: undefined };
  }
  if (config.boolean("CREATE_LOCKS_ON_LOCAL_DISK") === false) {
    return { format, locking: { folder: null } };
  }
  const temporary = config.get("TMP_DIR") || "/tmp";
  const folder = config.get("LOCAL_DISK_LOCK_DIR") ||
    `${temporary}/condorLocks`;
  return { format, locking: { folder } };
}

/**
 * Returns the logs that HTCondor would write a job's events to (write_user_log.cpp,
 * `WriteUserLog::initialize`): `UserLog`, and for a node of a DAG `DAGManNodesLog`,
 * with the events of `DAGManNodesMask`. A relative path begins at Iwd.
 */
export function homeLogs(
  ad: Scope,
  config: UserLogConfig = defaultUserLogConfig,
): HomeLog[] {
  if (isRouted(ad)) return [];
  const logs: HomeLog[] = [];
  const kind = integerOf(ad, "UserLogUseXML") ?? 0;
  const format: EventFormat = {
    ...config.format,
    log: kind & 2 ? "json" : kind & 1 ? "xml" : "classic",
  };
  const user = place(ad, "UserLog");
  if (user !== undefined) {
    logs.push({ path: user, wants: eventsForHome(), format });
  }
  const nodes = place(ad, "DAGManNodesLog");
  if (nodes === undefined || nodes === user) return logs;
  const mask = stringOf(ad, "DAGManNodesMask") ?? "";
  logs.push({
    path: nodes,
    wants: eventsForHome(parseMask(mask)),
    // HTCondor never writes XML there.
    format: format.log === "xml" ? { ...format, log: "classic" } : format,
  });
  return logs;
}

function place(ad: Scope, name: string): string | undefined {
  const path = stringOf(ad, name);
  if (!path || path === "/dev/null" || path.includes("\0")) return undefined;
  if (isAbsolute(path)) return path;
  const iwd = stringOf(ad, "Iwd");
  return iwd && isAbsolute(iwd) ? join(iwd, path) : undefined;
}

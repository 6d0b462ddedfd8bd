import { join } from "@std/path";
import type { CondorConfig } from "../../condor/mod.ts";
import type { PassLogOptions } from "./journal/pass_log.ts";
import { readCount, readSize } from "./knob_values.ts";
import type { Sites } from "./read_sites.ts";

/** Where passes write what administrators read. */
export interface CronSettings {
  /** The log; undefined if there is no folder for it. */
  readonly log: PassLogOptions | undefined;
  /** The file for Prometheus; undefined if none is wanted. */
  readonly metrics: string | undefined;
}

/**
 * Reads LUMBERJACK_LOG, MAX_LUMBERJACK_LOG, MAX_NUM_LUMBERJACK_LOG and
 * LUMBERJACK_METRICS. Throws {@linkcode WrongValue} for a value that is wrong.
 */
export function cronSettings(
  { general }: Pick<Sites, "general">,
  config: CondorConfig,
): CronSettings {
  const folder = config.get("LOG");
  const path = general.LUMBERJACK_LOG ??
    (folder === undefined ? undefined : join(folder, "LumberjackLog"));
  return {
    log: path === undefined ? undefined : {
      path,
      maxBytes: readSize(general.MAX_LUMBERJACK_LOG ?? "10 MB"),
      keep: readCount(general.MAX_NUM_LUMBERJACK_LOG ?? "1"),
    },
    metrics: general.LUMBERJACK_METRICS,
  };
}

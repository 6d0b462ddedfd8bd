import type { CondorConfig } from "../../../condor/mod.ts";
import type { Knob } from "../../../condor/knob_dump.ts";
import type { Sites } from "../../site/read_sites.ts";

/** What the checks look at. */
export interface HooksSubject {
  /** HTCondor's configuration. */
  readonly config: CondorConfig;
  /** The sites. */
  readonly sites: Sites;
  /** LUMBERJACK_DIR; undefined if it is not known. */
  readonly folder: string | undefined;
  /** The knobs of SCHEDD_CRON, the Job Router and the master, by name in capitals. */
  readonly knobs: ReadonlyMap<string, Knob>;
}

import type { Scope } from "../../classad/mod.ts";
import type { ServiceCaller } from "../files/owner/service.ts";
import type { FilesContext } from "../files/policy.ts";
import type { OnConflict } from "../files/return/job_placement.ts";
import type { FailedOutputs } from "../files/return/output_sorter.ts";
import type { LocalJob } from "../job/stored_ad.ts";

/** How the outputs of jobs come home. */
export interface FilesRequest extends FilesContext {
  /** What happens when a file of that name is here; `replace` when left out. */
  readonly onConflict?: OnConflict;
  /** What happens with the outputs of jobs that failed; `all` when left out. */
  readonly failedOutputs?: FailedOutputs;
  /** Acts as the owner of the jobs; for tests. */
  readonly owner?: ServiceCaller;
}

/** Appends what happened away to the user logs of jobs. */
export interface EventAppender {
  /** Whether the job has a log at home that the events belong in. */
  hasLog(home: Scope): boolean;
  /**
   * Appends the remote events of jobs whose results are merged. They are durable
   * on return, and none is there twice. Returns, for each job, why its events
   * could not be appended; undefined if they are there.
   */
  append(
    jobs: readonly LocalJob[],
  ): Promise<readonly (string | undefined)[]>;
}

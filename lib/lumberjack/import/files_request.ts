import type { ServiceCaller } from "../files/owner/service.ts";
import type { FilesContext } from "../files/policy.ts";
import type { OnConflict } from "../files/return/job_placement.ts";
import type { FailedOutputs } from "../files/return/output_sorter.ts";

/** How the outputs of jobs come home. */
export interface FilesRequest extends FilesContext {
  /** What happens when a file of that name is here; `replace` when left out. */
  readonly onConflict?: OnConflict;
  /** What happens with the outputs of jobs that failed; `all` when left out. */
  readonly failedOutputs?: FailedOutputs;
  /** The largest outputs that one job may bring home, in bytes; 1 TiB if left out. */
  readonly mostBytes?: number;
  /** Acts as the owner of the jobs; for tests. */
  readonly owner?: ServiceCaller;
}

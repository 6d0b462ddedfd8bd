import type { Scope } from "../../../classad/mod.ts";
import type { JobId } from "../../job/id.ts";
import { jobInputs } from "../inputs.ts";
import type { Staging } from "./staging.ts";

/**
 * Notices whether an export that moves ads only has a job with files, so that
 * Lumberjack can say so. No job is left out for this reason.
 */
export class FilesNotice
  implements Pick<Staging, "attributes" | "reasonToStay"> {
  /** See {@linkcode Staging.attributes}. */
  readonly attributes = [
    "Cmd",
    "In",
    "Iwd",
    "ShouldTransferFiles",
    "TransferExecutable",
    "TransferInput",
  ];
  /** A job that names files; undefined as long as there is none. */
  job: JobId | undefined;

  /** Looks at a job. */
  reasonToStay(job: JobId, ad: Scope): Promise<undefined> {
    if (this.job === undefined && namesFiles(ad)) {
      this.job = { cluster: job.cluster, proc: job.proc };
    }
    return Promise.resolve(undefined);
  }
}

function namesFiles(ad: Scope): boolean {
  return jobInputs(ad).inputs.some(({ travels, url }) => travels && !url);
}

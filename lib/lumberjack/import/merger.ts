import type { JobChange } from "../job/change.ts";
import type { JobId } from "../job/id.ts";
import type { LocalJob } from "../job/stored_ad.ts";

/** Another way to merge than queue management. */
export interface Merger {
  /**
   * Asks whether these jobs of the queue can be merged in this way. Called
   * before anything is changed; throws if they cannot.
   */
  check(jobs: Iterable<LocalJob>): Promise<void>;
  /**
   * Merges the changes that it can merge, and returns the other changes. `find`
   * finds the job of a change in the queue.
   */
  merge(
    changes: Iterable<JobChange>,
    find: (id: JobId) => LocalJob | undefined,
  ): Promise<Iterable<JobChange>>;
}

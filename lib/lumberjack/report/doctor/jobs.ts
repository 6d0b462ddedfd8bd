import type { Schedd } from "../../../condor/mod.ts";
import { planExport } from "../../export/plan.ts";
import type { JobId } from "../../job/id.ts";
import { managed, managedExternal } from "../../job/lock.ts";
import { Selection } from "../../job/selection.ts";
import { status } from "../status.ts";
import { ok, type Tell } from "./finding.ts";
import type { QueueSubject } from "./subjects.ts";

/** Tells how many exports are under way, and which were interrupted. */
export async function examineExports(
  { queue }: QueueSubject,
  tell: Tell,
): Promise<void> {
  const { exports, locked } = await status(queue);
  tell(ok("exports", `${exports.length} under way, ${locked} jobs locked`));
  const interrupted = exports.filter(({ state }) => state === "planned");
  if (interrupted.length > 0) {
    tell({
      check: "exports",
      state: "warning",
      message: `${interrupted.length} interrupted: ${
        interrupted.map(({ exportId }) => exportId).join(", ")
      }`,
      remedy: "run lumberjack recover",
    });
  }
}

/**
 * Tells which jobs could leave now, why the other jobs stay, and whether the
 * schedd lets us lock jobs.
 */
export async function examineJobs(
  { queue, schedd }: QueueSubject,
  tell: Tell,
): Promise<void> {
  const plan = await planExport(queue, new Selection({ constraint: "true" }));
  const count = plan.owners.reduce((n, { jobs }) => n + jobs.length, 0);
  tell(ok("jobs", `${count} of ${plan.matched} could be exported now`));
  const reasons = new Map<string, number>();
  for (const { reason } of plan.skipped) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, jobs] of [...reasons].sort(([, a], [, b]) => b - a)) {
    tell(ok("jobs", `${jobs} stay: ${reason}`));
  }
  for (const { owner, jobs } of plan.owners) {
    if (await mayLock(schedd, jobs[0])) {
      tell(ok("locking", `allowed for jobs of ${owner}`));
    } else {
      tell({
        check: "locking",
        state: "warning",
        message: `the schedd does not let us lock jobs of ${owner}`,
        remedy:
          `run as ${owner} or one of QUEUE_SUPER_USERS; IMMUTABLE_JOB_ATTRS and PROTECTED_JOB_ATTRS must not hold ${managed}`,
      });
    }
  }
}

/** Asks the schedd whether it would let us lock the job. Changes nothing. */
async function mayLock(schedd: Schedd, job: JobId): Promise<boolean> {
  using management = await schedd.manageQueue("write");
  const [answer] = await management.maySet(
    [job],
    managed,
    `"${managedExternal}"`,
  );
  await management.close();
  return answer === "allowed";
}

/**
 * Unlocking a job that comes home.
 *
 * @module
 */
import { quote, type Scope } from "../../classad/mod.ts";
import { QueueAd } from "../../queue_log/mod.ts";
import { integerOf, stringOf } from "../job/attribute_values.ts";
import type { AttributeChange, JobChange } from "../job/change.ts";
import { JobStatus } from "../job/eligibility.ts";
import { statusOnRelease } from "../job/held.ts";
import {
  lastExportIdAttribute,
  lockAttributes,
  lockOf,
  siteAttribute,
} from "../job/lock.ts";
import type { LocalJob, QueuedJob, StoredAd } from "../job/stored_ad.ts";
import { stuckReasonAttribute, whereaboutsValues } from "../job/whereabouts.ts";
import { runTimeAttributes } from "./result_attributes.ts";

/**
 * Returns the change that unlocks a job. It also records the export in
 * `LumberjackLastExportId`, by which a repeated import knows that the job is
 * home. A job that a pass has sent to a site says that it is home.
 */
export function homecoming(
  { cluster, proc, ad }: QueuedJob,
  exportId: string | undefined,
  remove = lockAttributes,
): JobChange {
  const set: AttributeChange[] = exportId === undefined
    ? []
    : [{ name: lastExportIdAttribute, value: quotedId(exportId) }];
  if (stringOf(ad, siteAttribute) !== undefined) set.push(...homeNow(ad));
  return { cluster, proc, exportId, set, remove };
}

let lastQuoted = { id: "", text: quote("") };

/** Returns the id in quotes. Nearly always it is the id of the last job. */
function quotedId(id: string): string {
  if (lastQuoted.id !== id) lastQuoted = { id, text: quote(id) };
  return lastQuoted.text;
}

function homeNow(ad: Scope): AttributeChange[] {
  const since = Math.floor(Date.now() / 1000);
  const wasStuck = stringOf(ad, stuckReasonAttribute) !== undefined;
  return [
    ...whereaboutsValues({ state: "home", since }),
    ...(wasStuck ? [{ name: stuckReasonAttribute, value: "undefined" }] : []),
  ];
}

/** The attributes of the lock that the job has. */
export function lockOn({ ad }: LocalJob): readonly string[] {
  return presentIn(ad, lockAttributes);
}

/**
 * The attributes of a run that the job has and that have to go when it is at
 * home. CurrentHosts stays: it is 0, as it was when the job left.
 */
export function staleRunTime({ ad }: LocalJob): readonly string[] {
  return presentIn(ad, stale);
}

const stale = runTimeAttributes.filter((name) => name !== "CurrentHosts");

/** Returns which of the names the ad itself has. */
function presentIn(
  ad: StoredAd,
  names: readonly string[],
): readonly string[] {
  return ad instanceof QueueAd
    ? ad.present(names)
    : names.filter((name) => ad.rawValue(name) !== undefined);
}

/** Whether a job was removed here, or is held and will be removed on release. */
export function isRemoved(job: Scope): boolean {
  const status = integerOf(job, "JobStatus");
  return status === JobStatus.removed || status === JobStatus.held &&
      integerOf(job, statusOnRelease) === JobStatus.removed;
}

/**
 * Whether an import has merged the job's results and was interrupted before it
 * unlocked the job: its events may not be in its logs yet.
 */
export function isMergedAndLocked(
  { ad }: LocalJob,
  lock = lockOf(ad),
): boolean {
  return lock?.exportId !== undefined &&
    stringOf(ad, lastExportIdAttribute) === lock.exportId;
}

/** Divides a change: the results, and the unlocking that follows later. */
export function inTwoSteps(
  { local, change }: { readonly local: LocalJob; readonly change: JobChange },
): { readonly results: JobChange; readonly unlock: JobChange } {
  const remove = change.remove.filter((name) => !lockAttributes.includes(name));
  return {
    results: { ...change, remove },
    unlock: homecoming(local, change.exportId, lockOn(local)),
  };
}

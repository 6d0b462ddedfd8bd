/**
 * What the hooks of the Job Router do after translate: update, finalize and cleanup.
 * Each may be killed at any instruction and is called again, or is followed by
 * cleanup. All of them run as the owner of the job.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { type ClassAd, quote, readAd } from "../../../classad/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import type { AttributeChange } from "../../job/change.ts";
import { JobStatus } from "../../job/eligibility.ts";
import { type JobId, parseJobIdPattern } from "../../job/id.ts";
import { siteAttribute } from "../../job/lock.ts";
import {
  type JobPlace,
  stuckReasonAttribute,
  whereaboutsAttributes,
  whereaboutsValues,
} from "../../job/whereabouts.ts";
import { oneLine } from "../retry.ts";
import { bringOutputs, hasOutputs } from "./bring_outputs.ts";
import { readHookAds, removeStage, stageOf } from "./staged_job.ts";
import { sweepStages } from "./sweep.ts";
import { tellSource } from "./tell_source.ts";

/** What the source was told last: an attribute of the copy. */
const toldAttribute = "LumberjackTold";

/** Writes attributes into a source; for tests. */
export type TellSource = typeof tellSource;

/**
 * Says in the source where the copy is, and since when. Returns what the router is
 * to write into the copy, so that it is said only once.
 */
export async function update(
  text: string,
  tell: TellSource = tellSource,
): Promise<string> {
  const [copy] = readHookAds(text);
  const source = sourceOf(copy);
  const state = stringOf(copy, "LumberjackState");
  if (stageOf(copy) === undefined || source === undefined) return "";
  if (state === undefined) return "";
  const reason = stringOf(copy, stuckReasonAttribute);
  const site = stringOf(copy, siteAttribute);
  const set: AttributeChange[] = whereaboutsValues({
    state: state as JobPlace,
    since: integerOf(copy, "LumberjackSince") ?? 0,
    ...(reason === undefined ? {} : { reason }),
  });
  if (site !== undefined) set.push({ name: siteAttribute, value: quote(site) });
  const told = JSON.stringify(set.map(({ value }) => value));
  if (stringOf(copy, toldAttribute) === told) return "";
  await tell(source, set, reason === undefined ? [stuckReasonAttribute] : []);
  return `${toldAttribute} = ${quote(told)}\n`;
}

/** How long finalize waits before it tries again, in seconds. */
const retryAfter = 20;

/**
 * Brings the outputs of a copy home. If that fails, it is tried again until it
 * works, and the source says why it is stuck: for the router, a hook that fails
 * means that the job has to run again.
 */
export async function finalize(
  text: string,
  tell: TellSource = tellSource,
): Promise<void> {
  const [source, copy] = readHookAds(text);
  const stage = stageOf(copy);
  if (stage === undefined) return;
  for (;;) {
    try {
      return await bringOutputs(stage, source, copy);
    } catch (error) {
      const id = sourceOf(copy);
      const since = Math.floor(Date.now() / 1000);
      const place = { state: "stuck", since, reason: oneLine(error) } as const;
      if (id) await tell(id, whereaboutsValues(place)).catch(() => {});
      await new Promise((done) => setTimeout(done, retryAfter * 1000));
    }
  }
}

/**
 * Removes what was staged for a copy. Outputs that finalize did not bring home,
 * because it was killed, are brought home first. If the copy did not end, the source
 * does not say any more that it is away. The copy itself is removed by the router,
 * and unlocked by the next pass, which cancels it at the site.
 */
export async function cleanup(
  text: string,
  tell: TellSource = tellSource,
): Promise<void> {
  const [copy] = readHookAds(text);
  const stage = stageOf(copy);
  if (stage === undefined) return;
  const hasEnded = integerOf(copy, "JobStatus") === JobStatus.completed;
  if (hasEnded && hasOutputs(stage)) {
    const source = Deno.readTextFileSync(join(stage, "source.ad"));
    await bringOutputs(stage, readAd(source, "long"), copy);
  }
  removeStage(stage);
  await sweepStages(dirname(stage));
  const source = sourceOf(copy);
  if (hasEnded || source === undefined) return;
  // A source that was removed is not there any more.
  await tell(source, [], [...whereaboutsAttributes, siteAttribute])
    .catch(() => {});
}

function sourceOf(copy: ClassAd): JobId | undefined {
  const text = stringOf(copy, "RoutedFromJobId");
  if (text === undefined) return undefined;
  const { cluster, proc } = parseJobIdPattern(text);
  return proc === undefined ? undefined : { cluster, proc };
}

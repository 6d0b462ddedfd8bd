/**
 * The cleanup hook of the Job Router, which runs as the owner of the job. It may be
 * killed at any instruction, and is called again.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { readAd } from "../../../classad/mod.ts";
import { integerOf } from "../../job/attribute_values.ts";
import { JobStatus } from "../../job/eligibility.ts";
import { siteAttribute } from "../../job/lock.ts";
import { whereaboutsAttributes } from "../../job/whereabouts.ts";
import { bringOutputs, hasOutputs } from "./bring_outputs.ts";
import { readHookAds, removeStage, sourceOf, stageOf } from "./staged_job.ts";
import { hasLaterStage, sweepStages } from "./sweep.ts";
import { type TellSource, tellSource } from "./tell_source.ts";

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
  // The router gave this copy up long ago, and the source has another one by now.
  if (hasLaterStage(stage)) return;
  // A source that was removed is not there any more.
  await tell(source, [], [...whereaboutsAttributes, siteAttribute])
    .catch(() => {});
}

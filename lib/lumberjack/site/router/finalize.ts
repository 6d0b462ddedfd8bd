/**
 * The finalize hook of the Job Router, which runs as the owner of the job. It may be
 * killed at any instruction: then the cleanup hook brings the outputs home.
 *
 * @module
 */
import { whereaboutsValues } from "../../job/whereabouts.ts";
import { oneLine } from "../retry.ts";
import { bringOutputs } from "./bring_outputs.ts";
import { readHookAds, sourceOf, stageOf } from "./staged_job.ts";
import { type TellSource, tellSource } from "./tell_source.ts";

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

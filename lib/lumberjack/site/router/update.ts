/**
 * The update hook of the Job Router. The router calls it for each copy in each of its
 * rounds, so this file loads as little as it can.
 *
 * @module
 */
import { quote } from "../../../classad/mod.ts";
import { integerOf, stringOf } from "../../job/attribute_values.ts";
import type { AttributeChange } from "../../job/change.ts";
import { siteAttribute } from "../../job/lock.ts";
import {
  type JobPlace,
  stuckReasonAttribute,
  whereaboutsValues,
} from "../../job/whereabouts.ts";
import { readHookAds, sourceOf, stageOf } from "./staged_job.ts";
import { type TellSource, tellSource } from "./tell_source.ts";

/** What the source was told last: an attribute of the copy. */
const toldAttribute = "LumberjackTold";

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

import { assertEquals } from "@std/assert";
import {
  knownAttributes,
  MergePolicy,
} from "../../../lib/lumberjack/import/result_attributes.ts";

Deno.test("DataflowJobSkipped, which marks a skipped dataflow job, is a result", () => {
  // The shadow writes it (condor_shadow.V6.1/shadow_v61_main.cpp).
  assertEquals(new MergePolicy().classify("DataflowJobSkipped"), "result");
});

Deno.test("attributes that a remote schedd writes for itself are ignored", () => {
  // From schedd.cpp of 25.12 and 25.14, and from the negotiator's match.
  const policy = new MergePolicy();
  for (
    const name of [
      "JobPreparingTasks",
      "JobAbortEventLogged",
      "RemoteNegotiatingGroup",
      "RemoteAutoregroup",
      "RoutedToJobId",
    ]
  ) assertEquals([name, policy.classify(name)], [name, "ignored"]);
});

Deno.test("attributes that a starter reports for a job with chirp are ignored", () => {
  // A job with WantIOProxy came back from 23.9.6 with all of these.
  const policy = new MergePolicy();
  for (
    const name of [
      "JobPid",
      "JobState",
      "JobDuration",
      "StatsLifetime",
      "RecentStatsLifetime",
      "ProvisionedResources",
    ]
  ) assertEquals([name, policy.classify(name)], [name, "ignored"]);
  assertEquals(policy.classify("MyResult"), "refused");
});

Deno.test("the exact value of a result that a schedd rounds is a result", () => {
  // SetAttribute in qmgmt.cpp writes NAME_RAW for each SCHEDD_ROUND_ATTR_NAME.
  const policy = new MergePolicy();
  assertEquals(policy.classify("CommittedTime_RAW"), "result");
  assertEquals(policy.classify("Cmd_RAW"), "refused");
  assertEquals(policy.classify("RemoteHost_RAW"), "refused");
});

Deno.test("every attribute in the documentation's lists has the class that the lists give", () => {
  const policy = new MergePolicy();
  const known = knownAttributes();
  const lists = [
    [Object.values(known.results).flat(), "result"],
    [known.runTime, "run-time"],
    [known.ignored, "ignored"],
  ] as const;
  let count = 0;
  for (const [names, kind] of lists) {
    for (const name of names) {
      count++;
      assertEquals([name, policy.classify(name)], [name, kind]);
    }
  }
  assertEquals(count > 200, true);
});

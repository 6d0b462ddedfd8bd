import { assertEquals } from "@std/assert";
import {
  knownAttributes,
  MergePolicy,
} from "../../../lib/lumberjack/import/result_attributes.ts";

Deno.test("a job that was skipped as a dataflow job comes home saying so", () => {
  // The shadow writes it (condor_shadow.V6.1/shadow_v61_main.cpp).
  assertEquals(new MergePolicy().classify("DataflowJobSkipped"), "result");
});

Deno.test("what a remote schedd notes for itself is passed over", () => {
  // schedd.cpp of 25.12 and 25.14, and what a match takes from the negotiator.
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

Deno.test("what a starter reports of a job that uses chirp is passed over", () => {
  // All of these came back with a job that had WantIOProxy, from 23.9.6.
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

Deno.test("every name that the documentation shows has the class that it shows", () => {
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

import { assertEquals } from "@std/assert";
import { parse } from "../../../lib/classad/mod.ts";
import { QueueTable } from "../../../lib/queue_log/mod.ts";
import { ClusterValues } from "../../../lib/lumberjack/job/cluster_values.ts";

const text = [
  "101 01.-1 Job Machine",
  '103 01.-1 Want "A"',
  "103 01.-1 Size Mine + 1",
  "101 1.0 Job Machine",
  "101 1.1 Job Machine",
  '103 1.1 want "B"',
  "101 1.2 Job Machine",
  "101 02.-1 Job Machine",
  "101 2.0 Job Machine",
  "101 3.0 Job Machine",
  "",
].join("\n");

/** Returns the jobs that have the same value as their cluster. */
function shared(constraint: string, names: string[] = []): string[] {
  using table = QueueTable.read(new TextEncoder().encode(text));
  const values = new ClusterValues([parse(constraint)], names);
  return [...table.procs()]
    .filter((ad) => values.clusterOf(ad) !== undefined)
    .map(({ key }) => key);
}

Deno.test("jobs without the attributes that an expression names share its value with their cluster", () => {
  assertEquals(shared('Want == "A"'), ["1.0", "1.2", "2.0"]);
  assertEquals(shared('member(MY.WANT, {"A"})'), ["1.0", "1.2", "2.0"]);
  // A job without a cluster ad has nothing to share.
  assertEquals(shared("true"), ["1.0", "1.1", "1.2", "2.0"]);
  assertEquals(shared("true", ["WANT"]), ["1.0", "1.2", "2.0"]);
});

Deno.test("no value is shared that may depend on the job in another way", () => {
  // The cluster's value of Size refers to an attribute of the job.
  assertEquals(shared("Size > 1"), ["2.0"]);
  for (
    const constraint of [
      'eval("Want") == "A"',
      "random() < 0.5",
      "time() > 0",
      "CurrentTime > 0",
      'MyType == "Job"',
      "[ a = Want ].a == 1",
    ]
  ) assertEquals(shared(constraint), [], constraint);
});

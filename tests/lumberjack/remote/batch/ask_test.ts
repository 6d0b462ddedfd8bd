import { assertEquals, assertThrows } from "@std/assert";
import { RemoteError } from "../../../../lib/lumberjack/remote/error.ts";
import { allocationsOf as ofCobalt } from "../../../../lib/lumberjack/remote/batch/cobalt.ts";
import { allocationsOf as ofPbs } from "../../../../lib/lumberjack/remote/batch/pbs.ts";

Deno.test("the JSON of PBS's qstat becomes allocations, without those that have ended", () => {
  const answer = JSON.stringify({
    Jobs: {
      "12.server": { job_state: "Q", comment: "Not Running: no nodes" },
      "11.server": {
        job_state: "R",
        Resource_List: { walltime: "02:00:00" },
        resources_used: { walltime: "00:30:00" },
      },
      "10.server": { job_state: "F" },
    },
  });
  assertEquals(ofPbs(answer), [
    { id: "12.server", state: "queued", detail: "Q (Not Running: no nodes)" },
    { id: "11.server", state: "running", detail: "R", secondsLeft: 5400 },
  ]);
});

Deno.test("what is not qstat's JSON is refused", () => {
  for (const answer of ["", "[]", "{}", '{"Jobs":{"1":{}}}']) {
    assertThrows(() => ofPbs(answer), RemoteError, "something unexpected");
  }
});

Deno.test("the table of Cobalt's qstat becomes allocations", () => {
  const answer = `JobID   JobName      State    TimeRemaining
=============================================
481234  lj-2b2755af  running  00:42:10
481240  lj-2b2755af  queued   N/A
`;
  assertEquals(ofCobalt(answer), [
    {
      ...{ id: "481234", name: "lj-2b2755af", detail: "running" },
      ...{ state: "running", secondsLeft: 2530 },
    },
    {
      ...{ id: "481240", name: "lj-2b2755af", detail: "queued" },
      state: "queued",
    },
  ]);
});

import { assertEquals } from "@std/assert";
import {
  allowedNow,
  inOrder,
} from "../../../../lib/lumberjack/queue/schedd/allowed_change.ts";
import type { JobChange } from "../../../../lib/lumberjack/job/change.ts";
import { lockAttributes } from "../../../../lib/lumberjack/job/lock.ts";

const trace = { name: "LumberjackLastExportId", value: '"e1"' };
const exitCode = { name: "ExitCode", value: "3" };

/** What brings home a job that ended with this status. */
function home(status: number): JobChange {
  return {
    cluster: 1,
    proc: 0,
    exportId: "e1",
    set: [{ name: "JobStatus", value: `${status}` }, exitCode, trace],
    remove: [...lockAttributes, "RemoteHost"],
  };
}

/** The state of a job that is away with export e1, with these changes. */
function here(status?: number, other: { managed?: string; id?: string } = {}) {
  const { managed = "External", id = "e1" } = other;
  return { status, managed, exportId: id };
}
const unlocked = { set: [trace], remove: lockAttributes };

Deno.test("a job that is away as it left gets all of its results", () => {
  assertEquals(allowedNow(home(4), here(1)), home(4));
});

Deno.test("a job that left the queue, or went with another export, is left alone", () => {
  assertEquals(allowedNow(home(4), here()), undefined);
  assertEquals(allowedNow(home(4), here(1, { id: "e2" })), undefined);
});

Deno.test("a job that was taken back and went with another export keeps that lock", () => {
  const unlock = { ...home(4), set: [], remove: lockAttributes };
  assertEquals(allowedNow(unlock, here(1)), unlock);
  assertEquals(allowedNow(unlock, here(1, { id: "e2" })), undefined);
  const unnamed = { ...unlock, exportId: undefined };
  assertEquals(allowedNow(unnamed, here(1)), undefined);
});

Deno.test("of a job that was removed meanwhile only the lock comes off", () => {
  assertEquals(allowedNow(home(4), here(3)), unlocked);
});

Deno.test("a job that was held meanwhile stays held, with the results that it ended with", () => {
  for (const [status, value] of [[4, "4"], [3, "3"]] as const) {
    assertEquals(allowedNow(home(status), here(5)), {
      ...home(status),
      set: [exitCode, trace, { name: "JobStatusOnRelease", value }],
    });
  }
  const reason = { name: "HoldReason", value: '"away"' };
  const { remove } = home(5);
  const heldAway = { ...home(5), set: [...home(5).set, reason] };
  assertEquals(allowedNow(heldAway, here(5)), {
    ...home(5),
    set: [exitCode, trace],
    remove,
  });
});

Deno.test("of a job that is unlocked and not yet rid of its export's id the rest is left", () => {
  const { remove } = home(4);
  const free = (status: number) => here(status, { managed: "Schedd" });
  assertEquals(allowedNow(home(4), free(4)), { set: [], remove });
  // It runs by now.
  assertEquals(allowedNow(home(4), free(2)), {
    set: [],
    remove: lockAttributes,
  });
});

Deno.test("what the schedd counts up is set first, what it rounds last", () => {
  const set = ["ImageSize_RAW", "NumHolds", "ImageSize", "HoldReasonCode"]
    .map((name) => ({ name, value: "1" }));
  assertEquals(inOrder(set).map(({ name }) => name), [
    "HoldReasonCode",
    "NumHolds",
    "ImageSize",
    "ImageSize_RAW",
  ]);
});

import { assertEquals } from "@std/assert";
import {
  allowedNow,
  inOrder,
} from "../../../../lib/lumberjack/queue/schedd/allowed_change.ts";
import type { JobChange } from "../../../../lib/lumberjack/job/change.ts";
import { lockAttributes } from "../../../../lib/lumberjack/job/lock.ts";

const trace = { name: "LumberjackLastExportId", value: '"e1"' };
const exitCode = { name: "ExitCode", value: "3" };

/**
 * Returns the change that brings home a job that came back with this status.
 */
function home(status: number): JobChange {
  return {
    cluster: 1,
    proc: 0,
    exportId: "e1",
    set: [{ name: "JobStatus", value: `${status}` }, exitCode, trace],
    remove: [...lockAttributes, "RemoteHost"],
  };
}

/**
 * Returns the state here of a job that is away with export e1, except for
 * `other`.
 */
function here(status?: number, other: { managed?: string; id?: string } = {}) {
  const { managed = "External", id = "e1" } = other;
  return { status, managed, exportId: id };
}
const unlocked = { set: [trace], remove: lockAttributes };

Deno.test("a job that is still away and was not changed here gets all its results", () => {
  assertEquals(allowedNow(home(4), here(1)), home(4));
});

Deno.test("a job that has left the queue, or is away with another export, is not changed", () => {
  assertEquals(allowedNow(home(4), here()), undefined);
  assertEquals(allowedNow(home(4), here(1, { id: "e2" })), undefined);
});

Deno.test("a job that was taken back and left with another export keeps the lock of that export", () => {
  const unlock = { ...home(4), set: [], remove: lockAttributes };
  assertEquals(allowedNow(unlock, here(1)), unlock);
  assertEquals(allowedNow(unlock, here(1, { id: "e2" })), undefined);
  const unnamed = { ...unlock, exportId: undefined };
  assertEquals(allowedNow(unnamed, here(1)), undefined);
});

Deno.test("a job that was removed here in the meantime is only unlocked", () => {
  assertEquals(allowedNow(home(4), here(3)), unlocked);
});

Deno.test("a job that was removed here stays locked as long as only its results come home", () => {
  const results = { ...home(4), remove: ["RemoteHost"] };
  assertEquals(allowedNow(results, here(3)), { set: [trace], remove: [] });
});

Deno.test("a job that was held here in the meantime stays held, and gets its results", () => {
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

Deno.test("a job that is unlocked but still has the export's id loses only that id and what is left of its run", () => {
  const { remove } = home(4);
  const free = (status: number) => here(status, { managed: "Schedd" });
  assertEquals(allowedNow(home(4), free(4)), { set: [], remove });
  // The job has started here, so the attributes of its run stay.
  assertEquals(allowedNow(home(4), free(2)), {
    set: [],
    remove: lockAttributes,
  });
});

Deno.test("attributes that make the schedd count are set first, and exact values of rounded attributes last", () => {
  const set = ["ImageSize_RAW", "NumHolds", "ImageSize", "HoldReasonCode"]
    .map((name) => ({ name, value: "1" }));
  assertEquals(inOrder(set).map(({ name }) => name), [
    "HoldReasonCode",
    "NumHolds",
    "ImageSize",
    "ImageSize_RAW",
  ]);
});

import { assertEquals, assertThrows } from "@std/assert";
import {
  deadlineOf,
  parseDuration,
} from "../../../lib/lumberjack/remote/deadline.ts";
import { RemoteError } from "../../../lib/lumberjack/remote/error.ts";

Deno.test("the earlier of the two ends counts, and no job starts in the margin before it", () => {
  const deadline = deadlineOf({ walltime: 1000, batchEnd: 5500 }, 5000);
  assertEquals(deadline?.end, 5500);
  assertEquals([deadline?.margin, deadline?.lastStart], [50, 5450]);
  assertEquals(deadline?.stop, 5475);
  assertEquals(deadlineOf({ walltime: 86_400 }, 0)?.margin, 300);
  assertEquals(deadlineOf({}, 0), undefined);
});

Deno.test("a wall time that is not longer than the margin is refused", () => {
  assertThrows(() => deadlineOf({ walltime: 60, margin: 60 }, 0), RemoteError);
  assertThrows(() => deadlineOf({ batchEnd: 10 }, 20), RemoteError);
});

Deno.test("durations can be written with units, or as batch systems write them", () => {
  const texts = ["0", "90", "90s", "1.5h", "2d", "30:00", "1:00:00", "1-0:0:1"];
  assertEquals(
    texts.map(parseDuration),
    [0, 90, 90, 5400, 172_800, 1800, 3600, 86_401],
  );
  for (const text of ["", "x", "-1", "1:2:3:4", "5w"]) {
    assertThrows(() => parseDuration(text), RemoteError);
  }
});

import { assertEquals } from "@std/assert";
import { JobRate } from "../../../lib/lumberjack/remote/job_rate.ts";

Deno.test("the rate counts the jobs that ended in the last minute", () => {
  const rate = new JobRate();
  assertEquals(rate.take(5, 100), undefined);
  assertEquals(rate.take(6, 109), undefined);
  assertEquals(rate.take(15, 120), 30);
  assertEquals(rate.take(35, 160), 30);
  // Nothing has ended since.
  assertEquals(rate.take(35, 200), 15);
  assertEquals(rate.take(35, 221), 0);
});

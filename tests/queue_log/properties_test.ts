import { assert, assertEquals } from "@std/assert";
import {
  QueueTable,
  readRecords,
  verifyBytes,
} from "../../lib/queue_log/mod.ts";
import { fuzz, smallLog, startingLogs } from "./fuzz.ts";
import { Choices } from "./mutations.ts";
import { bytesOf, checkLog } from "./properties.ts";

Deno.test("every prefix of a log is read as the schedd reads it", () => {
  for (let length = 0; length <= smallLog.length; length++) {
    checkLog(smallLog.slice(0, length), new Choices(length));
  }
});

Deno.test("every log with one byte missing is read as the schedd reads it", () => {
  for (let at = 0; at < smallLog.length; at++) {
    const text = smallLog.slice(0, at) + smallLog.slice(at + 1);
    checkLog(text, new Choices(at));
  }
});

Deno.test("a real log that is cut at any byte has its complete records", () => {
  const logs = startingLogs().slice(2);
  assertEquals(logs.length, 2, "the sample logs are missing");
  const bytes = bytesOf(logs[0]);
  const ends = [0, ...[...readRecords([bytes])].map((record) => record.end)];
  for (let length = 0; length <= bytes.length; length++) {
    const table = QueueTable.read(bytes.subarray(0, length));
    const whole = ends.filter((end) => end <= length).length - 1;
    // The schedd takes a 101 as complete even if the end of its last word is
    // missing.
    const torn = table.records === whole + 1 &&
      bytes[ends[whole] + 2] === 49 && table.committedBytes === length;
    assert(torn || table.records === whole, `${length} bytes`);
    assert(torn || table.committedBytes === ends[whole], `${length} bytes`);
  }
});

Deno.test("a real log is ok", () => {
  for (const log of startingLogs().slice(2)) {
    const report = verifyBytes(bytesOf(log));
    assertEquals([report.ok, report.verdict], [true, "start"]);
    assertEquals(report.ads.jobs, 6);
  }
});

Deno.test("randomly damaged logs are read as the schedd reads them", () => {
  // The task fuzz:queue-log tries other seeds, for as long as you like.
  const options = { seed: 1, count: 300, milliseconds: Infinity };
  assertEquals(fuzz(options), 300);
});

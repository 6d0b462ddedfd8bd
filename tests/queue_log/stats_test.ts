import { assertEquals } from "@std/assert";
import { logStatsOfBytes } from "../../lib/queue_log/mod.ts";
import { bytesOf } from "./properties.ts";

const log = "107 1 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
  "103 0.0 NextClusterNum 2\n105 \n101 01.-1 Job Machine\n" +
  '103 01.-1 Owner "alice"\n103 01.-1 QDate 1700000000\n' +
  "101 1.0 Job Machine\n103 1.0 JobStatus 1\n106 \n" +
  "105 \n103 1.0 jobstatus 2\n103 1.0 EnteredCurrentStatus 1700003700\n106 \n" +
  "104 1.0 Rank\n";

Deno.test("logStats() counts records, bytes and transactions by kind", () => {
  const stats = logStatsOfBytes(bytesOf(log));
  const rows = (shares: typeof stats.types) =>
    Object.fromEntries(
      shares.map((s) => [s.name, [s.records, s.bytes, s.transactions]]),
    );
  assertEquals([stats.records, stats.transactions], [15, 2]);
  assertEquals([stats.bytes, stats.bytesRead], [log.length, log.length]);
  assertEquals(rows(stats.types)["103 set attribute"], [6, 156, 2]);
  assertEquals(rows(stats.types)["104 delete attribute"], [1, 13, 0]);
  assertEquals(rows(stats.attributes)["JobStatus"], [2, 40, 2]);
  assertEquals(rows(stats.clusters), {
    "1": [8, 186, 2],
    "0": [2, 45, 0],
  });
  assertEquals(rows(stats.owners), {
    "alice": [8, 186, 2],
    "(none)": [2, 45, 0],
  });
  assertEquals(
    stats.hours.map(({ name }) => name).sort(),
    ["2023-11-14T22", "2023-11-14T23", "unknown"],
  );
});

Deno.test("the shares of all types and of all hours add up to the whole log", () => {
  const stats = logStatsOfBytes(bytesOf(log));
  for (const shares of [stats.types, stats.hours]) {
    assertEquals(shares.reduce((sum, s) => sum + s.bytes, 0), log.length);
  }
  const ads = stats.clusters.reduce((sum, s) => sum + s.records, 0);
  assertEquals(stats.owners.reduce((sum, s) => sum + s.records, 0), ads);
});

Deno.test("logStats() gives the size of a compacted log, and how far a schedd would read", () => {
  const stats = logStatsOfBytes(bytesOf(log + "\n103 1.0 A 1\n"));
  assertEquals(stats.compacted.records, 9);
  assertEquals(stats.bytesRead, log.length);
  assertEquals(stats.bytes, log.length + 13);
});

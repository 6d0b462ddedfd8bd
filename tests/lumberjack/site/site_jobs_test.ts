import { assertEquals } from "@std/assert";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import { delayAfter } from "../../../lib/lumberjack/site/retry.ts";
import {
  nextExports,
  type ReadyJob,
} from "../../../lib/lumberjack/site/site_jobs.ts";

const { sites: [site] } = readSites(
  Object.entries({
    SITES: "A",
    A_CONSTRAINT: "WantA",
    A_REMOTE_SPOOL: "/spool",
    A_SHIP: "/in",
    A_FETCH: "/out",
    A_MIN_JOBS: "3",
    A_MAX_WAIT: "1h",
  }).map(([name, value]) => ({
    name: `LUMBERJACK_${name}`,
    value,
    place: "here",
  })),
);

const now = 1_800_000_000;

function jobs(owner: string, count: number, age = 0): ReadyJob[] {
  return Array.from({ length: count }, (_, proc) => ({
    ...{ cluster: owner.charCodeAt(0), proc, owner, since: now - age },
  }));
}

function counts(ready: readonly ReadyJob[], room: number): string[] {
  return [...nextExports({ site, ready }, room, now)]
    .map(([owner, { length }]) => `${owner} ${length}`);
}

Deno.test("nextExports() shares the places fairly between owners if not all jobs may leave", () => {
  const ready = [...jobs("alice", 100), ...jobs("bob", 2), ...jobs("carol", 9)];
  assertEquals(counts(ready, 12), ["alice 5", "bob 2", "carol 5"]);
  assertEquals(counts(ready, 1000), ["alice 100", "bob 2", "carol 9"]);
  assertEquals(counts(ready, 0), []);
});

Deno.test("nextExports() waits for MIN_JOBS jobs, but no longer than MAX_WAIT", () => {
  assertEquals(counts(jobs("alice", 2), 10), []);
  assertEquals(counts(jobs("alice", 3), 10), ["alice 3"]);
  assertEquals(counts(jobs("alice", 1, 3600), 10), ["alice 1"]);
});

Deno.test("the delay after failures grows from a minute to an hour", () => {
  const minutes = [1, 2, 3, 6, 7, 50].map((n) => delayAfter(n) / 60_000);
  assertEquals(minutes, [1, 2, 4, 32, 60, 60]);
});

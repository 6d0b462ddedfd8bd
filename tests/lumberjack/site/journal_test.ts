import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  appendHistory,
  type HistoryEvent,
  readHistory,
} from "../../../lib/lumberjack/site/journal/history.ts";
import {
  aliveUntil,
  endPasses,
  privilegedPass,
  readLastPass,
  writeLastPass,
} from "../../../lib/lumberjack/site/journal/last_pass.ts";
import {
  metricsText,
  writeMetrics,
} from "../../../lib/lumberjack/site/journal/metrics.ts";
import { appendToLog } from "../../../lib/lumberjack/site/journal/pass_log.ts";
import type { PassReport } from "../../../lib/lumberjack/site/pass.ts";
import type { Site } from "../../../lib/lumberjack/site/site.ts";

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

const event = (jobs: number): HistoryEvent => ({
  at: "2026-11-30T08:00:00.000Z",
  site: "ALCF",
  event: "exported",
  jobs,
});

Deno.test("the history can be read after rotations, and if its last line is incomplete", () => {
  const folder = Deno.makeTempDirSync();
  const numbers = Array.from({ length: 40 }, (_, at) => at);
  for (const at of numbers) {
    const now = new Date(Date.UTC(2026, 10, 30, 8, 0, at));
    appendHistory(folder, [event(at)], { maxBytes: 1000, now });
  }
  assert(names(folder).length > 2, names(folder).join());
  Deno.writeTextFileSync(join(folder, "history.jsonl"), '{"at": "20', {
    append: true,
  });
  assertEquals(readHistory(folder).map(({ jobs }) => jobs), numbers);
});

Deno.test("the history keeps a limited number of files, and the oldest is removed", () => {
  const folder = Deno.makeTempDirSync();
  for (let at = 0; at < 60; at++) {
    const now = new Date(Date.UTC(2026, 10, 30, 8, 0, at));
    appendHistory(folder, [event(at)], { maxBytes: 200, now });
  }
  assertEquals(names(folder).length, 6);
  assertEquals(readHistory(folder).at(-1)?.jobs, 59);
});

Deno.test("the log has the format of HTCondor's daemon logs, and is rotated to .old", () => {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "LumberjackLog");
  const options = { path, maxBytes: 100, keep: 1 };
  const now = new Date(2026, 10, 30, 8, 5, 9);
  for (let at = 0; at < 9; at++) {
    appendToLog(options, [`ALCF: line ${at}`], now);
  }
  assertEquals(names(folder), ["LumberjackLog", "LumberjackLog.old"]);
  assertEquals(
    Deno.readTextFileSync(path).split("\n").at(-2),
    "11/30/26 08:05:09 ALCF: line 8",
  );
  // If the log cannot be written, no error is thrown, so that the pass goes on.
  appendToLog({ ...options, path: "/nowhere/Log" }, ["x"], now);
});

Deno.test("root's passes count as alive for some time, or until the loop says that it ends", () => {
  const folder = Deno.makeTempDirSync();
  const now = new Date("2026-11-30T08:00:00Z");
  assertEquals(privilegedPass(folder, now), undefined);
  const pass = {
    at: now.toISOString(),
    uid: 0,
    pid: 7,
    aliveUntil: aliveUntil(now, 60).toISOString(),
    lines: ["Away = 1"],
  };
  writeLastPass(folder, pass);
  const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
  const isRoot = Deno.uid() === 0;
  assertEquals(privilegedPass(folder, at(14)), isRoot ? pass : undefined);
  assertEquals(privilegedPass(folder, at(16)), undefined);
  // Another process cannot end the loop's passes.
  endPasses(folder, 8);
  assertEquals(readLastPass(folder), pass);
  endPasses(folder, 7);
  assertEquals(privilegedPass(folder, at(0)), undefined);
  Deno.writeTextFileSync(join(folder, "last_pass.json"), "{}");
  assertEquals(readLastPass(folder), undefined);
  assertEquals(aliveUntil(now, 3600), at(180));
});

Deno.test("metrics have the format of Prometheus, and are written to one file", () => {
  const folder = Deno.makeTempDirSync();
  const site = { name: "ALCF" } as Site;
  const sites = {
    ...{ sites: [site], problems: [], folder, general: {} },
  };
  const report = {
    isBusy: false,
    recovered: [],
    sites: [{
      ...{ site: "ALCF", away: 5, overdue: 1, problem: "no route" },
      since: "2026-11-30T08:00:00.000Z",
    }],
  } as unknown as PassReport;
  const path = join(folder, "lumberjack.prom");
  writeMetrics(path, metricsText(sites, report, 1764490000, 0.5));
  assertEquals(names(folder), ["lumberjack.prom"]);
  const text = Deno.readTextFileSync(path);
  for (const line of text.trimEnd().split("\n")) {
    assertMatch(
      line,
      /^(# (HELP|TYPE) lumberjack_\w+ .+|lumberjack_\w+(\{site="\w+"\})? [\d.]+)$/,
    );
  }
  assertMatch(text, /^lumberjack_jobs_away\{site="ALCF"\} 5$/m);
  assertMatch(text, /^lumberjack_site_up\{site="ALCF"\} 0$/m);
  assertMatch(text, /^lumberjack_up 1$/m);
  assertMatch(
    metricsText(sites, undefined, 1764490000, 0.5),
    /^lumberjack_up 0$/m,
  );
});

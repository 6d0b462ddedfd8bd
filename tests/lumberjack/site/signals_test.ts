import { assertEquals } from "@std/assert";
import type { AttributeChange } from "../../../lib/lumberjack/job/change.ts";
import type { Whereabouts } from "../../../lib/lumberjack/job/whereabouts.ts";
import {
  tellOwners,
  whereaboutsOf,
} from "../../../lib/lumberjack/site/signals.ts";
import type {
  SiteExport,
  SiteState,
} from "../../../lib/lumberjack/site/site_folder.ts";

const createdAt = "2026-11-28T12:00:00.000Z";
const created = Date.parse(createdAt) / 1000;
const exported = {
  manifest: { exportId: "A", createdAt } as SiteExport["manifest"],
};
const site = { returnBy: 3600 };
const soon = new Date("2026-11-28T12:10:00Z");
const late = new Date("2026-11-28T13:00:01Z");

function state(changes: Partial<SiteState> = {}): SiteState {
  return { sent: {}, imported: {}, told: {}, cancelled: {}, ...changes };
}

function trouble(failures: number): NonNullable<SiteState["trouble"]> {
  const since = "2026-11-28T12:05:00.000Z";
  return { problem: "no route", since, failures, retryAt: since };
}

Deno.test("an export is leaving until it is sent, then away, and stuck when it is overdue", () => {
  assertEquals(
    whereaboutsOf(exported, state(), site, soon),
    { state: "leaving", since: created },
  );
  const sent = state({ sent: { A: "2026-11-28T12:01:00.000Z" } });
  assertEquals(
    whereaboutsOf(exported, sent, site, soon),
    { state: "away", since: created + 60 },
  );
  assertEquals(whereaboutsOf(exported, sent, site, late), {
    state: "stuck",
    since: created + 3600,
    reason: "not back after 3600 s (RETURN_BY)",
  });
});

Deno.test("if a site fails, exports that were not sent are stuck at once, and sent exports are stuck after several failures", () => {
  const stuck: Whereabouts = {
    state: "stuck",
    since: created + 300,
    reason: "no route",
  };
  const of = (changes: Partial<SiteState>) =>
    whereaboutsOf(exported, state(changes), site, soon);
  assertEquals(of({ trouble: trouble(1) }), stuck);
  const sent = { A: createdAt };
  // What was sent has only to come back.
  assertEquals(of({ sent, trouble: trouble(9) }).state, "away");
  assertEquals(of({ sent, fetchTrouble: trouble(2) }).state, "away");
  assertEquals(of({ sent, fetchTrouble: trouble(3) }), stuck);
  assertEquals(of({ fetchTrouble: trouble(9) }).state, "leaving");
  const bundle = { ...trouble(3), advice: [], size: 1, mtime: 2 };
  assertEquals(of({ sent, refused: { "A.1.tar": bundle } }), stuck);
  assertEquals(of({ sent, refused: { "B.1.tar": bundle } }).state, "away");
});

Deno.test("only changed states are written into jobs, with one call for all exports that have the same new state", async () => {
  const marked: [readonly string[], readonly AttributeChange[]][] = [];
  const queue = {
    mark(ids: readonly string[], set: readonly AttributeChange[]) {
      marked.push([ids, set]);
      return Promise.resolve();
    },
  };
  const away = { state: "away", since: 5 } as const;
  const stuck = { state: "stuck", since: 7, reason: 'no "route"' } as const;
  let told = await tellOwners(
    queue,
    new Map<string, Whereabouts>([["A", away], ["B", away], ["C", stuck]]),
    {},
  );
  assertEquals(marked, [
    [["A", "B"], [
      { name: "LumberjackState", value: '"away"' },
      { name: "LumberjackSince", value: "5" },
    ]],
    [["C"], [
      { name: "LumberjackState", value: '"stuck"' },
      { name: "LumberjackSince", value: "7" },
      { name: "LumberjackStuckReason", value: '"no \\"route\\""' },
    ]],
  ]);
  marked.length = 0;
  told = await tellOwners(queue, new Map([["A", away], ["C", away]]), told);
  assertEquals(marked, [[["C"], [
    { name: "LumberjackState", value: '"away"' },
    { name: "LumberjackSince", value: "5" },
    { name: "LumberjackStuckReason", value: "undefined" },
  ]]]);
  assertEquals(Object.keys(told), ["A", "C"]);
});

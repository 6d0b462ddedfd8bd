import { assertEquals, assertMatch } from "@std/assert";
import type { KnownSites } from "../../../lib/lumberjack/report/known_sites.ts";
import { describe } from "../../../lib/lumberjack/report/overview.ts";
import type { ExportStatus } from "../../../lib/lumberjack/report/status.ts";
import type { Site } from "../../../lib/lumberjack/site/site.ts";
import type {
  SiteExport,
  SiteState,
} from "../../../lib/lumberjack/site/site_folder.ts";

const now = new Date("2026-11-30T08:00:00Z");
const minutes = (count: number) =>
  new Date(now.getTime() - count * 60_000).toISOString();

function exported(
  exportId: string,
  age: number,
  state: ExportStatus["state"] = "written",
): ExportStatus {
  return {
    ...{ exportId, state, createdAt: minutes(age) },
    ...{ owner: "alice", jobs: 5, out: `/out/${exportId}` },
  };
}

const state: SiteState = {
  ...{ sent: {}, imported: {}, told: {}, cancelled: {} },
};

function sites(
  exports: readonly ExportStatus[],
  changes: Partial<KnownSites> & { readonly state?: Partial<SiteState> } = {},
): KnownSites {
  const { state: more, ...rest } = changes;
  return {
    known: [{
      site: {
        ...{ name: "ALCF", enabled: true, returnBy: 7200 },
        ...{ remoteSpool: "/lus/spool", remoteExecutable: "lumberjack" },
        fetch: { kind: "rsync", host: "login", path: "/lus/out" },
      } as Site,
      state: { ...state, ...more },
      exports: exports.map(({ exportId, createdAt }) => ({
        manifest: { exportId, createdAt },
      } as SiteExport)),
    }],
    problems: [],
    lastPass: {
      ...{ at: minutes(1), uid: 0, pid: 1, lines: ['State = "ok"'] },
      aliveUntil: minutes(-14),
    },
    folder: "/var/lib/lumberjack",
    ...rest,
  };
}

Deno.test("what goes well is not stuck", () => {
  const exports = [exported("A", 30), exported("B", 5)];
  const found = describe(
    { exports: [...exports, exported("H", 500)], locked: 15 },
    sites(exports, { state: { sent: { A: minutes(29) } } }),
    now,
  );
  assertEquals(found.stuck, []);
  assertEquals(
    found.exports.map(({ site, sentAt, ageSeconds, overdue }) => [
      ...[site, sentAt !== null, ageSeconds, overdue],
    ]),
    [
      ["ALCF", true, 1800, false],
      ["ALCF", false, 300, false],
      // By hand: no site, and nobody has said when it has to be back.
      [null, false, 30_000, false],
    ],
  );
  assertEquals(found.sites, [
    { site: "ALCF", state: "ok", jobs: 10, exports: 2, overdue: 0 },
  ]);
});

Deno.test("a site that fails, a wrong knob and an overdue export say what to run", () => {
  const exports = [exported("A", 300), exported("P", 90, "planned")];
  const trouble = {
    ...{ problem: "fetch: no route", since: minutes(200), failures: 9 },
    retryAt: minutes(-20),
  };
  const { stuck, sites: described } = describe(
    { exports, locked: 10 },
    sites(exports.slice(0, 1), {
      state: { trouble, sent: { A: minutes(299) } },
      problems: [{
        ...{ site: "NERSC", knob: "LUMBERJACK_NERSC_MAX_JOBS = x (file)" },
        ...{ message: "not a number of jobs", remedy: "write 1000" },
      }],
    }),
    now,
  );
  assertEquals(described.map(({ site, state }) => [site, state]), [
    ["ALCF", "trouble"],
    ["NERSC", "wrong"],
  ]);
  assertEquals(
    stuck.map(({ what, since, commands }) => [what, since, ...commands]),
    [
      [
        ...["ALCF", minutes(200), "lumberjack sites ALCF check"],
        "lumberjack sites ALCF retry",
      ],
      ["NERSC", null, "lumberjack sites NERSC"],
      [
        ...["A", minutes(300), "lumberjack sites ALCF check"],
        "lumberjack unexport --export-id A",
      ],
      ["P", minutes(90), "lumberjack recover --export-id P"],
    ],
  );
  assertEquals(stuck[0].jobs, 5);
  assertEquals(stuck[2].advice, [
    "how many jobs have ended there? ssh login lumberjack remote status --spool /lus/spool/A",
  ]);
});

Deno.test("passes that fail, or do not come any more, are stuck", () => {
  const of = (lastPass: KnownSites["lastPass"]) =>
    describe({ exports: [], locked: 0 }, sites([], { lastPass }), now).stuck;
  assertMatch(of(undefined)[0].reason, /no pass has run/);
  const pass = { uid: 0, pid: 1, lines: ['State = "ok"'] };
  const last = (at: number, alive: number) => ({
    ...{ ...pass, at: minutes(at), aliveUntil: minutes(alive) },
  });
  assertEquals(of(last(3, 0 - 12)), []);
  // The loop was turned off a moment ago.
  assertEquals(
    of({ ...last(3, 0), aliveUntil: new Date(0).toISOString() }),
    [],
  );
  const [silent] = of(last(700, 685));
  assertEquals([silent.what, silent.since], ["passes", minutes(700)]);
  const lines = ['State = "failed"', 'Problem = "no schedd"'];
  assertEquals(of({ ...last(1, -14), lines })[0].reason, "no schedd");
});

Deno.test("if several things fail at a site, each has a reason of its own, and a damaged bundle says what to do at the site", () => {
  const exports = [exported("A", 90)];
  const trouble = (problem: string) => ({
    ...{ problem, since: minutes(200), failures: 9, retryAt: minutes(-20) },
  });
  const { stuck } = describe(
    { exports, locked: 5 },
    sites(exports, {
      state: {
        trouble: trouble("send: no route; import: a trap"),
        refused: {
          "A.1.tar": {
            ...trouble("import: A.1.tar: the tree was cut"),
            ...{ advice: ["pack it again"], size: 1, mtime: 2 },
          },
        },
      },
    }),
    now,
  );
  assertEquals(
    stuck.map(({ reason, reasons, advice }) => [reason, reasons, advice]),
    [[
      "import: A.1.tar: the tree was cut; send: no route; import: a trap",
      ["import: A.1.tar: the tree was cut", "send: no route; import: a trap"],
      ["pack it again"],
    ]],
  );
});

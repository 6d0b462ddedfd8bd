import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Pool,
  poolTest,
  readPlainAds,
  type Root,
  roots,
  until,
} from "./harness/mod.ts";
import { askOurs, askTheirs, type Outcome } from "./bindings_calls.ts";
import type { Call } from "./bindings_probe.ts";

const user = "alice";

// Cluster numbers that are easy to find in a text.
const config = `
SCHEDD_CLUSTER_INITIAL_VALUE = 7001
SCHEDD_INTERVAL = 300
UPDATE_INTERVAL = 300
PERIODIC_EXPR_INTERVAL = 300
MAX_PERIODIC_EXPR_INTERVAL = 300
`;

const description = `
executable = /bin/sh
arguments = "-c 'echo ""a b"" \\\\ grüße'"
environment = "A=1 B='x y'"
requirements = Memory >= 1 && (TARGET.Arch == "X86_64" || isUndefined(Foo))
leave_in_queue = true
+Nested = [ a = { 1, 2.5, "three" }; b = undefined ]
+Text = "quotes \\" and \\\\ and tabs"
+Number = $(Process)
queue 5
`;

const factory = "executable = /bin/true\nmax_idle = 2\nqueue 20\n";

/** Makes the calls with both. Their answers must be the same. */
async function same(pool: Pool, ...calls: Call[]): Promise<Outcome[]> {
  const ours = await askOurs(pool, user, ...calls);
  const theirs = await askTheirs(pool, user, ...calls);
  for (const [index, call] of calls.entries()) {
    const plain = (outcome: Outcome) => ({
      ...outcome,
      ads: outcome.ads?.map(({ servertime: _, ...ad }) => ad),
    });
    assertEquals(
      plain(ours[index]),
      plain(theirs[index]),
      JSON.stringify(call),
    );
  }
  return ours;
}

async function queries(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0, config });
  await pool.submit(description, { user });
  await pool.submit("executable = /bin/true\nhold = true\nqueue 3\n", {
    user: "bob",
  });
  await pool.submit(factory, { user });
  await until(
    "the factory has made its jobs",
    async () => (await pool.queue("ClusterId == 7003")).length === 2,
  );
  const projection = ["ClusterId", "ProcId", "args", "Nested", "NotThere"];
  const all = await same(
    pool,
    { do: "jobs", constraint: "true" },
    { do: "jobs", constraint: "true", projection },
    { do: "jobs", constraint: 'JobStatus == 5 && Owner == "bob"' },
    { do: "jobs", constraint: "true", limit: 3 },
    { do: "jobs", constraint: "Number >= 3", projection: ["Number"], limit: 9 },
    { do: "jobs", constraint: "false" },
    { do: "jobs", constraint: "true", clusters: true },
  );
  assertEquals(all.map(({ ads }) => ads?.length), [10, 10, 3, 3, 2, 0, 3]);
  assert(Object.keys(all[0].ads![0]).length > 60);
  assert(Object.keys(all[6].ads![0]).length > 40);

  await same(pool, { do: "schedds" }, {
    do: "schedds",
    constraint: "TotalHeldJobs >= 0",
    projection: ["Name", "MyAddress"],
  }, { do: "schedds", constraint: 'Name == "nowhere"' });
  const [here, named] = await same(
    pool,
    { do: "locate" },
    { do: "locate", name: "submit.test" },
  );
  assertEquals(here.ads![0].name, '"submit.test"');
  assertEquals(named.ads![0].name, '"submit.test"');
}

/**
 * Returns an answer about a cluster without the cluster's number and times. So
 * answers about two clusters can be compared.
 */
function plain<T>(told: T, cluster: number): T {
  const text = JSON.stringify(told)
    .replaceAll(String(cluster), "CLUSTER")
    .replace(/\b\d{10}(\.\d+)?\b/g, "TIME");
  return JSON.parse(text);
}

/**
 * Returns the ads of a cluster in the schedd's own log, or in the log at
 * `path`.
 */
async function adsOf(
  pool: Pool,
  cluster: number,
  path = `${pool.spool}/job_queue.log`,
): Promise<unknown> {
  const mine = new RegExp(`^0?${cluster}\\.(-1|\\d+)$`);
  const ads = [...readPlainAds(await pool.machine.read(path))]
    .filter(([key]) => mine.test(key))
    .map(([key, ad]) => [key, Object.fromEntries([...ad].sort())]);
  assertEquals(ads.length, 6);
  return plain(Object.fromEntries(ads), cluster);
}

/** An attribute and its new value. */
interface Edit {
  name: string;
  value: string;
}

/**
 * A change that lib/condor and the bindings make, each to a cluster of its own.
 */
type Change = (cluster: number) => Call;

/**
 * Makes the change with both. The answers and the queues afterwards must be the
 * same.
 */
async function sameChange(
  pool: Pool,
  change: Change,
  as = user,
): Promise<Outcome> {
  const [theirs] = await askTheirs(pool, as, change(7001));
  const [ours] = await askOurs(pool, as, change(7002));
  assertEquals(await adsOf(pool, 7002), await adsOf(pool, 7001));
  const [a, b] = [plain(ours, 7002), plain(theirs, 7001)];
  if (!b.error) assertEquals(a, b);
  // Our error has words of its own, but it must contain what the schedd said.
  else assertStringIncludes(a.error?.text ?? "not refused", b.error.text);
  if (b.error?.code) assertEquals(a.error?.code, b.error.code);
  return a;
}

async function changes(root: Root, t: Deno.TestContext): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0, config });
  await pool.submit(description, { user });
  await pool.submit(description, { user });
  await pool.sh("mkdir out7001 out7002 back7001 back7002", { user });
  const folder = (cluster: number) => `/home/alice/out${cluster}`;
  const exported: Change = (cluster) => ({
    do: "export",
    cluster,
    folder: folder(cluster),
    spool: "/remote/spool",
  });
  const refused = async (change: Change, as = user) => {
    const before = await adsOf(pool, 7001);
    const { error } = await sameChange(pool, change, as);
    assertEquals(await adsOf(pool, 7001), before);
    return error!;
  };
  /**
   * Makes an edit that the schedd refuses. On 23.9 the bindings do not make it,
   * because that schedd does not tell them about the refusal.
   */
  const refusedEdit = async (jobs: number[], change: Edit, as = user) => {
    const edit = (cluster: number): Call => ({
      do: "edit",
      jobs: jobs.map((proc) => [cluster, proc]),
      ...change,
    });
    const before = await adsOf(pool, 7001);
    const [theirs] = root === "sid"
      ? await askTheirs(pool, as, edit(7001))
      : [undefined];
    const [{ error }] = await askOurs(pool, as, edit(7002));
    assertEquals(await adsOf(pool, 7001), before);
    assertEquals(await adsOf(pool, 7002), before);
    const reason = theirs?.error?.text.replace(/^.*?:/, "").trim() ?? "";
    assertStringIncludes(error!.text, reason.replace("7001", "7002"));
    return error!;
  };

  await t.step(
    "both can set attributes, by job and by constraint",
    async () => {
      const jobs = (cluster: number): [number, number][] => [
        [cluster, 1],
        [cluster, 3],
      ];
      const { count } = await sameChange(pool, (cluster) => ({
        do: "edit",
        jobs: jobs(cluster),
        name: "Colour",
        value: 'strcat("r", "ed")',
      }));
      assertEquals(count, 2);
      const where = await sameChange(pool, (cluster) => ({
        do: "editWhere",
        constraint: `ClusterId == ${cluster} && Number > 1`,
        name: "JobPrio",
        value: "7",
      }));
      assertEquals(where.count, 3);
      assertStringIncludes(
        JSON.stringify(await adsOf(pool, 7002)),
        "Colour".toLowerCase(),
      );
    },
  );
  await t.step("nobody can set an immutable attribute", async () => {
    const { code, text } = await refusedEdit(
      [0, 1],
      { name: "Owner", value: '"bob"' },
    );
    assertEquals(code, 13);
    assertStringIncludes(text, "immutable attribute Owner in job 7002.0");
  });
  await t.step(
    "a user cannot edit, export or unexport another user's jobs",
    async () => {
      const { code } = await refusedEdit(
        [0],
        { name: "JobPrio", value: "9" },
        "bob",
      );
      assertEquals(code, 13);
      // If bob had no job in the queue, the bindings' request would crash the
      // schedd.
      await pool.submit("executable = /bin/true\nqueue\n", { user: "bob" });
      const before = await adsOf(pool, 7001);
      for (
        const change of [
          exported,
          (cluster: number): Call => ({ do: "unexport", cluster }),
        ]
      ) {
        const [theirs] = await askTheirs(pool, "bob", change(7001));
        assertStringIncludes(theirs.error!.text, "User not authorized");
        const [ours] = await askOurs(pool, "bob", change(7002));
        assertStringIncludes(ours.error!.text, "does not let bob@test change");
        assertEquals(await adsOf(pool, 7001), before);
        assertEquals(await adsOf(pool, 7002), before);
      }
      const [stranger] = await askOurs(pool, "carol", exported(7002));
      assertStringIncludes(
        stranger.error!.text,
        "does not let carol@test change",
      );
    },
  );
  await t.step(
    "export and import fail if the folder does not exist or belongs to another user",
    async () => {
      for (const elsewhere of ["/nowhere", "/home/bob"]) {
        const { text } = await refused((cluster) => ({
          ...exported(cluster) as Extract<Call, { do: "export" }>,
          folder: elsewhere,
        }));
        assertStringIncludes(text, "Failed to initialize export job log");
        await refused(() => ({ do: "import", folder: elsewhere }));
      }
    },
  );
  await t.step("export and edit fail for jobs that do not exist", async () => {
    const [ours] = await askOurs(pool, user, exported(9999));
    const [theirs] = root === "sid"
      ? await askTheirs(pool, user, exported(9999))
      // On 23.9 the bindings send the number itself, which crashes the schedd.
      : [{ error: { code: 4007, text: "No clusters to export" } }];
    assertEquals(ours.error?.code, theirs.error?.code);
    assertStringIncludes(ours.error!.text, theirs.error!.text);
    const { code } = await refusedEdit(
      [0, 99],
      { name: "JobPrio", value: "9" },
    );
    assertEquals(code, 2);
  });
  await t.step("after export and unexport the queue is as before", async () => {
    const before = await adsOf(pool, 7001);
    const { ads } = await sameChange(pool, exported);
    assertEquals(ads, [{
      actionresult: "1",
      log: '"/home/alice/outCLUSTER/job_queue.log"',
      totalclusterads: "1",
      totaljobads: "5",
      user: '"alice@test"',
    }]);
    const [theirs, ours] = await Promise.all(
      [7001, 7002].map((cluster) =>
        adsOf(pool, cluster, `${folder(cluster)}/job_queue.log`)
      ),
    );
    assertEquals(ours, theirs);
    const back = await sameChange(
      pool,
      (cluster) => ({ do: "unexport", cluster }),
    );
    assertEquals(back.ads![0].totaljobads, "5");
    assertEquals(await adsOf(pool, 7001), before);
    // A second unexport has nothing to do.
    const again = await sameChange(
      pool,
      (cluster) => ({ do: "unexport", cluster }),
    );
    assertEquals(again.ads![0].totaljobads, "0");
  });
  await t.step("exported jobs get the results of an import", async () => {
    await pool.sh("rm out*/job_queue.log", { user });
    await sameChange(pool, exported);
    for (const cluster of [7001, 7002]) {
      await pool.sh(
        `{ cat ${folder(cluster)}/job_queue.log
           for proc in 0 1 2; do
             echo "103 ${cluster}.$proc JobStatus 4"
             echo "103 ${cluster}.$proc ExitCode $proc"
             echo "103 ${cluster}.$proc Chirped \\"x y\\""
           done } > back${cluster}/job_queue.log`,
        { user },
      );
    }
    const { ads } = await sameChange(pool, (cluster) => ({
      do: "import",
      folder: `/home/alice/back${cluster}`,
    }));
    assertEquals(ads, [{ actionresult: "1", totaljobads: "5" }]);
    const done = await pool.queue('JobStatus == 4 && Chirped == "x y"');
    assertEquals(done.length, 6);
  });
}

// These tests run the sources. So they need not run again with the executable.
for (const root of Deno.env.has("LUMBERJACK") ? [] : roots) {
  poolTest(
    `on ${root}, queries with lib/condor and with the Python bindings return the same ads`,
    () => queries(root),
  );
  poolTest(
    `on ${root}, changes with lib/condor and with the Python bindings leave the same queue`,
    (t) => changes(root, t),
  );
}

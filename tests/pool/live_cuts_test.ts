import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, type Root } from "./harness/mod.ts";
import type { CutReport } from "./live_cuts.ts";

/**
 * These tests run the sources. So they need not run again with the executable.
 */
const test: typeof poolTest = Deno.env.has("LUMBERJACK") ? () => {} : poolTest;

async function interrupted(
  root: Root,
  user: string,
  ...mode: ["cut"] | ["schedd", string]
): Promise<CutReport> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit(
    "executable = /bin/true\nqueue 3\n",
    { user: "alice" },
  );
  // Use tokens, because FS of HTCondor 25 notices the proxy.
  await pool.sh(`
    umask 077
    condor_token_create -identity alice@test >/etc/condor/alice
    install -d -o alice -g alice -m 700 /home/alice/.condor/tokens.d
    install -o alice -g alice -m 600 /etc/condor/alice /home/alice/.condor/tokens.d/pool
    condor_token_create -identity condor@test >/etc/condor/tokens.d/pool
  `);
  const script = "/lumberjack/tests/pool/live_cuts.ts";
  const args = ["run", "-A", "--config", "/lumberjack/deno.json", script];
  const [blow, ...strikes] = mode;
  const said = await pool.deno([...args, blow, "alice", ...strikes], {
    user,
    env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: "IDTOKENS" },
    timeout: 600,
  });
  const report: CutReport = JSON.parse(said);
  assertEquals(report.problems, []);
  return report;
}

test(
  "if the connection is closed or the schedd becomes unreachable at any frame, no job is lost",
  async () => {
    const { actions, blows, exportFrames, importFrames } = await interrupted(
      "trixie",
      "root",
      "cut",
    );
    assert(blows > exportFrames + importFrames);
    // Some exports were interrupted before their log was written, and could no
    // longer unlock their jobs. Before that, each has recorded that it failed.
    // So recover unlocks the jobs. recover writes only killed exports: see
    // live_kill_test.ts.
    assert(actions.unlocked > 0, JSON.stringify(actions));
    assert(actions.away > 0, JSON.stringify(actions));
  },
);

test(
  "on HTCondor 25, if the jobs' owner loses the connection at any frame, no job is lost",
  async () => {
    await interrupted("sid", "alice", "cut");
  },
);

for (const root of ["trixie", "sid"] as const) {
  test(
    `on ${root}, if the schedd is killed during exports and imports, no job is lost`,
    async () => {
      const { actions } = await interrupted(root, "root", "schedd", "3");
      const left = (actions.written ?? 0) + (actions.unlocked ?? 0);
      assert(left > 0, JSON.stringify(actions));
    },
  );
}

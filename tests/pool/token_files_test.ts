import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";

const names = [
  ...["pool", ".hidden", "old~", "#edited#", "a.rpmsave", "a.rpmnew"],
  ...["a.token.dpkg-old", "a.dpkg-new", "a.bak"],
];

/**
 * Values of the knob. With undefined it has the value of HTCondor's packages.
 */
const expressions = [undefined, "\\.bak$", "^a\\."];

for (const root of roots) {
  poolTest(
    `on ${root}, Lumberjack uses exactly the token files that condor_token_list lists`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0 });
      const user = "alice";
      await pool.sh(`
        umask 077
        mkdir -p ~alice/.condor/tokens.d
        cd ~alice/.condor/tokens.d
        condor_token_create -identity alice@test >pool
        for name in ${names.slice(1).map((n) => `'${n}'`).join(" ")}; do
          cp pool "$name"
        done
        chown -R alice: ~alice/.condor
      `);
      let listed = 0;
      for (const expression of expressions) {
        const env: Record<string, string> = expression === undefined
          ? {}
          : { _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: expression };
        const said = await pool.run(["condor_token_list"], { user, env });
        const theirs = [...said.matchAll(/File: .*\/(\S+)/g)].map(([, f]) => f);
        const ours = await pool.deno([
          ...["run", "-A", "--config", "/lumberjack/deno.json"],
          "/lumberjack/tests/pool/token_probe.ts",
        ], { user, env });
        assertEquals(JSON.parse(ours), theirs.sort(), String(expression));
        listed += theirs.length;
      }
      assert(listed > expressions.length);
    },
  );
}

import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";
import type { StepResult } from "./cedar_probe.ts";

for (const root of roots) {
  poolTest(
    `on ${root}, daemons can be reached over IPv6, with FS and through the shared port`,
    async () => {
      await using pool = await Pool.start({ root, slots: 0, start: false });
      await pool.configure(`
      ENABLE_IPV4 = False
      ENABLE_IPV6 = True
      NETWORK_INTERFACE = ::1
      CONDOR_HOST = [::1]
      COLLECTOR_HOST = [::1]:${pool.port}
      ALLOW_READ = *
      ALLOW_WRITE = *
    `);
      await pool.startDaemons();
      const address = (await pool.machine.read(`${pool.spool}/.schedd_address`))
        .split("\n")[0];
      assert(address.startsWith(`<[::1]:${pool.port}?`), address);
      const request = {
        policy: { authentication: "REQUIRED", methods: ["FS"] },
        steps: [
          { do: "schedds", address: `[::1]:${pool.port}` },
          { do: "jobs", address: "schedd" },
          { do: "jobs", address: "schedd" },
        ],
      };
      const results: StepResult[] = JSON.parse(
        await pool.deno([
          "run",
          "-A",
          "/lumberjack/tests/pool/cedar_probe.ts",
          JSON.stringify(request),
        ], { user: "alice" }),
      );
      for (const { error, user, encrypted } of results) {
        assertEquals(error, undefined);
        assertEquals([user, encrypted], ["alice@test", true]);
      }
      assertEquals(results.map((r) => r.resumed), [false, false, true]);
    },
  );
}

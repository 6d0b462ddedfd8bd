import { assertEquals } from "@std/assert";
import {
  exportAll,
  type ImportReport,
  Pool,
  poolTest,
  type Root,
} from "./harness/mod.ts";

/**
 * Attributes of `1.0` that must be refused. Each once made the whole import
 * fail.
 */
const hostile: Readonly<Record<string, string>> = {
  "9Usage": "1",
  "Chirp\u212A": "1",
  ChirpLong: `"${"x".repeat(30_000_000)}"`,
  ChirpReturn: '"a\rb"',
};

async function comesHome(root: Root, user: "root" | "alice"): Promise<void> {
  await using pool = await Pool.start({
    root,
    config: "START = False\nPERIODIC_EXPR_INTERVAL = 3600",
  });
  await pool.submit("executable = /bin/true\nqueue 2\n", { user: "alice" });
  const log = await exportAll(pool, user);
  const lines = Object.entries(hostile).map(([name, value]) =>
    `103 1.0 ${name} ${value}\n`
  );
  await pool.machine.write(
    "/var/tmp/back/job_queue.log",
    await pool.machine.read(log) + lines.join("") +
      "103 1.0 JobStatus 4\n103 1.1 JobStatus 4\n",
    { mode: 0o644 },
  );
  const pid = await pool.sh("pgrep condor_schedd");
  const { stdout } = await pool.try(
    ["lumberjack", "import", "--json", "--in", "/var/tmp/back"],
    { user },
  );
  const { merged, refused }: ImportReport = JSON.parse(stdout);
  assertEquals(merged, 2);
  assertEquals(
    refused.map(({ attribute }) => attribute).sort(),
    Object.keys(hostile).sort(),
  );
  const states = (await pool.queue()).map((ad) => [ad.JobStatus, ad.Managed]);
  assertEquals(states, [[4, undefined], [4, undefined]]);
  assertEquals(await pool.sh("pgrep condor_schedd"), pid);
}

for (const [root, user] of [["trixie", "root"], ["sid", "alice"]] as const) {
  poolTest(
    `on ${root}, as ${user}, jobs come home without attributes that the schedd refuses or that crash it`,
    () => comesHome(root, user),
  );
}

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ExportReport,
  Pool,
  poolTest,
  type Root,
  roots,
} from "./harness/mod.ts";

interface Recovered {
  readonly exports: readonly { readonly action: string }[];
}

/**
 * Restores the folder as it was after the lock and before the log was written.
 */
const restore = `cd /var/tmp/out && rm job_queue.log &&
  sed -i 's/"written"/"planned"/; s/"sha256": ".*"/"sha256": null/' manifest.json`;

async function folderRestored(root: Root, user: string): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  await pool.sh(`install -d -o ${user} /var/tmp/out`);
  const { exports: [{ exportId, sha256 }] } = await pool.lumberjackJson<
    ExportReport
  >([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool"],
  ], { user });
  const marked = await pool.queue("LumberjackExportPlanned =!= undefined");
  assertEquals(marked, []);

  await pool.sh(restore);
  for (const more of [[], ["--undo"], ["--dry-run"]]) {
    const { exports } = await pool.lumberjackJson<Recovered>(
      ["recover", ...more],
      { user, status: 4 },
    );
    assertEquals(exports.map(({ action }) => action), ["undecided"]);
  }
  const { stdout } = await pool.lumberjack(["recover"], { user });
  assertStringIncludes(stdout, `recover --export-id ${exportId} --write-again`);
  assertStringIncludes(stdout, `unexport --export-id ${exportId}`);
  assertEquals((await pool.queue('Managed == "External"')).length, 3);
  assertEquals(await pool.machine.exists("/var/tmp/out/job_queue.log"), false);

  await pool.lumberjackJson(
    ["recover", "--export-id", exportId, "--write-again"],
    { user },
  );
  const log = await pool.machine.read("/var/tmp/out/job_queue.log");
  assertEquals(log.match(/^101 1\.\d /gm)?.length, 3);
  assertEquals(sha256.length, 64);

  await pool.sh(restore);
  await pool.lumberjackJson(["unexport", "--export-id", exportId], { user });
  assertEquals((await pool.queue("Managed =!= undefined")).length, 0);
}

for (const root of roots) {
  poolTest(
    `on ${root}, if an export's folder was restored from a backup, recover asks for a decision`,
    () => folderRestored(root, root === "trixie" ? "root" : "alice"),
  );
}

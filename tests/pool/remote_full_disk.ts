/**
 * A run whose disk gets full.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Machine, until } from "./harness/mod.ts";
import {
  countsOf,
  exportJobs,
  logsOf,
  runExport,
  startsOf,
} from "./remote_jobs.ts";

/**
 * The disk of the spool gets full while jobs run, and has room again. `disk` is
 * where a small disk is mounted that belongs to bob.
 */
export async function fullDisk(machine: Machine, disk: string): Promise<void> {
  const spool = `${disk}/spool`;
  const go = "/var/tmp/go";
  await exportJobs(
    machine,
    6,
    `while [ ! -e ${go} ]; do sleep 0.3; done; echo $1`,
  );
  const full = runExport(machine, spool);
  await until(
    "two jobs run",
    async () => (await startsOf(machine, spool)).length === 2,
    90,
  );
  await machine.sh(`dd if=/dev/zero of=${disk}/fill bs=4k || true`, {
    user: "bob",
  });
  await machine.write(go, "");
  const { code, stderr, stdout } = await full;
  assert(code === 1 || code === 4, stdout);
  if (code === 1) assert(stderr.includes("repeat the command"), stderr);
  await machine.run(["rm", `${disk}/fill`]);
  const held = (await countsOf(machine, spool))?.held ?? 0;
  const again = await runExport(machine, spool);
  const { counts } = JSON.parse(again.stdout || "{}");
  assertEquals(
    [counts?.completed + counts?.held, counts?.held <= held],
    [6, true],
    again.stdout + again.stderr + await logsOf(machine, spool),
  );
}

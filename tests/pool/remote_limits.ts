/**
 * Runs of jobs on machines that cannot be made in every test: the quota of the
 * spool is reached, the clock is an hour off, and the schedd refuses the spool.
 *
 *     scripts/deno task try:remote-limits [--root trixie|sid]
 *       [--parts refused,quota,ahead,behind]
 *
 * Runs as root. `quota` needs the Debian package btrfs-progs. `ahead` and `behind`
 * set the clock of this host by an hour, and back at the end; nothing else should
 * run meanwhile. By default they are left out.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { type CommandError, Machine, type Root } from "./harness/mod.ts";
import { fullDisk } from "./remote_full_disk.ts";
import { exportJobs, logsOf, runExport } from "./remote_jobs.ts";

/** Runs shell commands on this host. */
async function host(lines: string): Promise<string> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-euc", lines],
    stderr: "inherit",
  }).output();
  assert(success, lines);
  return new TextDecoder().decode(stdout);
}

/** The quota of the spool is reached: EDQUOT, on a disk that has room. */
async function quota(machine: Machine): Promise<void> {
  const disk = "/home/bob/quota", image = "/var/tmp/btrfs";
  await host(`
    truncate -s 200M ${machine.path(image)}
    mkfs.btrfs -q ${machine.path(image)}
    top=$(mktemp -d)
    mount -o loop ${machine.path(image)} "$top"
    btrfs quota enable "$top"
    btrfs subvolume create "$top/bob" >/dev/null
    btrfs qgroup limit 3M "$top/bob"
    umount "$top"; rmdir "$top"`);
  await machine.sh(`
    mkdir ${disk}; mount -o loop,subvol=bob ${image} ${disk}; chown bob ${disk}`);
  try {
    const { stderr } = await machine.try(
      ["dd", "if=/dev/zero", `of=${disk}/probe`, "bs=1M", "count=10"],
      { user: "bob" },
    );
    assert(stderr.includes("quota exceeded"), stderr);
    await machine.run(["rm", `${disk}/probe`]);
    await fullDisk(machine, disk);
  } finally {
    await machine.try(["umount", "-l", disk]);
  }
}

/** Sets the clock of this host forward or back. */
async function shiftClock(seconds: number): Promise<void> {
  const time = (Date.now() / 1000 + seconds).toFixed(3);
  await host(`date -s @${time} >/dev/null`);
}

/** The whole remote side has another time than the home side. */
async function clockOff(machine: Machine, seconds: number): Promise<void> {
  const spool = `/home/bob/clock${seconds}`, out = `${spool}.tar`;
  await exportJobs(machine, 4, "date +%s; exit $1");
  await shiftClock(seconds);
  try {
    const { stdout, stderr, code } = await runExport(
      machine,
      spool,
      "--out",
      out,
    );
    assertEquals(code, 0, stderr + await logsOf(machine, spool));
    const { end, counts, packed } = JSON.parse(stdout);
    assertEquals([end, counts.completed], ["settled", 4]);
    assertEquals([packed.packed, packed.final], [4, true]);
  } finally {
    await shiftClock(-seconds);
  }
  // The export has left the queue with the locks beside the queue.
  const merged = "/var/tmp/merged.log";
  const home = await machine.run([
    ...["lumberjack", "import", "--in", out, "--ads-only", "--json"],
    ...["--queue", "/var/tmp/queue.log.lumberjack", "--queue-out", merged],
  ]);
  assertEquals(JSON.parse(home).merged, 4, home);
  const log = await machine.read(merged);
  assertEquals(log.match(/^103 1\.\d ExitCode \d$/gm)?.length, 4, log);
  await machine.run(["rm", merged]);
}

/** The schedd ends at its start: another HTCondor, a newer one, had this spool. */
async function refused(machine: Machine): Promise<void> {
  const spool = "/home/bob/refused";
  await exportJobs(machine, 2, "exit 0");
  await machine.write(
    `${spool}/spool_version`,
    "minimum compatible spool version 99\ncurrent spool version 99\n",
    { user: "bob" },
  );
  const { code, stderr } = await runExport(machine, spool);
  assertEquals(code, 1, stderr);
  console.log(stderr.trim());
  assert(stderr.includes("repeat the command"), stderr);
  assert(stderr.includes("spool version 99"), stderr);
  await machine.run(["rm", `${spool}/spool_version`]);
  const again = await runExport(machine, spool);
  assertEquals(again.code, 0, again.stderr);
  assertEquals(JSON.parse(again.stdout).counts.completed, 2);
}

const flags = parseArgs(Deno.args, {
  string: ["root", "parts"],
  default: { parts: "refused,quota" },
});
const wanted: Root[] = flags.root === undefined
  ? ["trixie", "sid"]
  : [flags.root === "sid" ? "sid" : "trixie"];
const parts: Record<string, (machine: Machine) => Promise<void>> = {
  refused,
  quota,
  ahead: (machine) => clockOff(machine, 3600),
  behind: (machine) => clockOff(machine, -3600),
};
for (const root of wanted) {
  await using machine = await Machine.boot({ root, hostname: "node.test" });
  for (const name of flags.parts.split(",")) {
    try {
      await parts[name](machine);
      console.log(`${root}: ${name}: passed`);
    } catch (error) {
      console.error(
        `${root}: ${name}: FAILED: ${(error as CommandError).stack}`,
      );
      Deno.exitCode = 1;
    }
  }
}

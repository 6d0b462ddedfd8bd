import { assert, assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest } from "./harness/mod.ts";
import { oneSite, runThere } from "./cron_site.ts";

const submission = `
executable = /bin/true
transfer_executable = False
transfer_input_files = input
should_transfer_files = YES
transfer_output_files = result
transfer_output_remaps = "result = result.$(Process)"
My.WantSite = "ALCF"
queue 2
`;

/** Runs what ssh is to run at another host on this one. */
const ssh = `#!/bin/sh
case "$*" in *-G*) exit 0 ;; esac
while :; do
  case $1 in -o) shift 2 ;; -*) shift ;; *) break ;; esac
done
shift
exec sh -c "$*"
`;

const dir = "/var/lib/lumberjack";
const stage = `${dir}/job-router`;

/** Small disks for exports, for a site's folder, and for what the router's hooks stage. */
async function prepare(pool: Pool): Promise<void> {
  await pool.machine.write("/usr/local/bin/ssh", ssh, { mode: 0o755 });
  await pool.sh(`
    mkdir -p /srv/in /srv/out ${dir}
    mount -t tmpfs -o size=4m tmpfs ${dir}
    mount -t tmpfs -o size=2m tmpfs /srv/in
    mkdir ${stage}
    mount -t tmpfs -o size=2m tmpfs ${stage}
    chgrp condor ${stage}
    chmod 3773 ${stage}
    head -c 1000000 /dev/urandom >~alice/input
    chown alice: ~alice/input
  `);
}

/** Leaves no byte free on the disk of a folder. */
async function fill(pool: Pool, folder: string): Promise<void> {
  await pool.sh(`cat /dev/zero >${folder}/fill 2>/dev/null || :`);
}

/** Makes room, and lets the next pass try the site at once. */
async function makeRoom(pool: Pool, folder: string): Promise<void> {
  await pool.sh(`rm ${folder}/fill`);
  await pool.run(["lumberjack", "sites", "retry"]);
}

/** Runs a pass, and returns what it publishes of the site, and what status shows. */
async function pass(
  pool: Pool,
): Promise<{ said: string; status: string }> {
  const { stdout } = await pool.lumberjack(["cron"]);
  const status = await pool.lumberjack(["status"]);
  return { said: stdout, status: status.stdout };
}

async function locked(pool: Pool): Promise<number> {
  return (await pool.queue('Managed == "External"')).length;
}

/** Fills the disk of exports, of SHIP, and that of exports again when results come. */
async function passesOnFullDisks(pool: Pool): Promise<void> {
  await pool.submit(submission, { user: "alice" });
  await fill(pool, dir);
  const full = await pass(pool);
  const noRoom =
    /(no space left for the file|cannot write the bundle): \/var\/lib\/lumberjack\/.*free space/;
  assertMatch(full.said, noRoom);
  assertMatch(full.status, /^STUCK passes/m);
  assertMatch(full.status, noRoom);
  assertEquals(await locked(pool), 0);
  await makeRoom(pool, dir);
  assertEquals(await pool.sh(`ls ${dir}/ALCF/exports`), "");

  await fill(pool, "/srv/in");
  const notSent = await pass(pool);
  const noRoomThere =
    /send: cannot put the bundle into the site's folder: \/srv\/in \(no space left.*free space/;
  assertMatch(notSent.said, noRoomThere);
  assertMatch(notSent.status, /^STUCK ALCF/m);
  assertMatch(notSent.status, noRoomThere);
  assertEquals([await locked(pool), await pool.sh("ls -A /srv/in")], [
    ...[2, "fill\n"],
  ]);
  await makeRoom(pool, "/srv/in");
  assertMatch((await pass(pool)).said, /^State = "ok"$/m);

  await runThere(pool, "/srv");
  await fill(pool, dir);
  const notHome = await pass(pool);
  assertMatch(notHome.said, noRoom);
  assertMatch(notHome.status, noRoom);
  assertEquals(await locked(pool), 2);
  await makeRoom(pool, dir);
  assertMatch((await pass(pool)).said, /^State = "ok"$/m);
  assertEquals(
    await pool.sh("cat ~alice/result.*"),
    "ran as 1.0\nran as 1.1\n",
  );
  assertEquals(await locked(pool), 0);
}

/** Stages a job whose folder for staged files has no room. */
async function hookOnFullDisk(pool: Pool): Promise<void> {
  const ad = [
    ...["ClusterId = 7", "ProcId = 0", 'Owner = "alice"', 'Cmd = "/bin/true"'],
    ...['Iwd = "/home/alice"', 'TransferInput = "input"', "JobUniverse = 5"],
    ...['ShouldTransferFiles = "YES"', "TransferExecutable = false"],
  ].join("\n");
  await pool.machine.write(
    "/tmp/routed",
    `[ Name = "LumberjackCopy_ALCF" ]\n------\n${ad}\n`,
    { mode: 0o644 },
  );
  const translate = () =>
    pool.try(["sh", "-c", "lumberjack hook translate </tmp/routed"], {
      user: "alice",
    });
  await fill(pool, stage);
  const { code, stderr } = await translate();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^lumberjack: .*\/job-router\/alice.*free space there.*\n$/i,
  );
  assertEquals(await pool.sh(`ls ${stage}`), "fill\n");
  await pool.sh(`rm ${stage}/fill`);
  assertEquals((await translate()).code, 0);
}

/** Types a command as condor in a folder that condor may not enter. */
async function forbiddenFolder(pool: Pool): Promise<void> {
  const { code, stdout } = await pool.try([
    "sh",
    "-c",
    `mkdir -m 700 /tmp/own
    cd /tmp/own
    setpriv --reuid=condor --regid=condor --init-groups lumberjack sites`,
  ]);
  assertEquals(code, 0);
  assertMatch(stdout, /^ALCF: in force$/m);
}

/** Sends to a folder whose name has a slip. */
async function missingShip(pool: Pool): Promise<void> {
  await pool.configure(
    oneSite.replace("/srv/in", "rsync:login.test:/srv/inn"),
  );
  const check = await pool.lumberjack(["sites", "check"]);
  assertEquals(check.code, 1);
  assertMatch(
    check.stdout,
    /^FAILED +ALCF: SHIP: .*\/srv\/inn.*No such file.*make the folder \(ssh login\.test mkdir -p \/srv\/inn\), or correct/m,
  );
  await pool.submit(submission, { user: "alice" });
  assertMatch(
    (await pass(pool)).said,
    /^ALCF_Problem = "send: rsync failed: login\.test:\/srv\/inn: .*No such file.*: make the folder \(ssh login\.test mkdir -p \/srv\/inn\), or correct the path/m,
  );
  assertEquals((await pool.try(["test", "-e", "/srv/inn"])).code, 1);
  await pool.sh("mkdir /srv/inn");
  await pool.run(["lumberjack", "sites", "retry"]);
  assertMatch((await pass(pool)).said, /^State = "ok"$/m);
  assert((await pool.sh("ls /srv/inn")).startsWith("20"));
}

for (const root of ["sid"] as const) {
  poolTest(
    `on ${root}, if a disk is full or SHIP does not exist, the pass says what to do, and the next passes end well`,
    async () => {
      await using pool = await Pool.start({
        ...{ root, slots: 0, config: oneSite, prepare },
      });
      // The first pass writes what later ones write over.
      await pool.run(["lumberjack", "cron"]);
      await forbiddenFolder(pool);
      await passesOnFullDisks(pool);
      await hookOnFullDisk(pool);
      await missingShip(pool);
    },
  );
}

import { assert, assertEquals } from "@std/assert";
import type { ClassAd } from "../../lib/classad/mod.ts";
import {
  type ExportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  roots,
} from "./harness/mod.ts";
import {
  type FilesCase,
  type FilesRun,
  homeOf,
  type Listing,
  listingOf,
  readAds,
  submitCases,
} from "./job_files.ts";
import { fileCases } from "./job_files_cases.ts";
import { expectedSandbox, inputsSeen } from "./job_files_prediction.ts";

/** Returns whether the job can leave, and whether it can be compared then. */
function mayLeave({ inPlace, title }: FilesCase): boolean {
  return !inPlace && !title.includes("not UTF-8") &&
    // The input is a file:// URL, which names a file of the execute machine.
    title !== "a URL as input" &&
    // HTCondor runs this job again. Then it also sends the files that the first
    // run left in the job's folder of SPOOL.
    title !== "failed, with failure files";
}

async function listing(pool: Pool, folder: string, number: number) {
  const path = `/var/tmp/files/${folder}/${number}`;
  const bytes = await pool.machine.readBytes(path).catch(() => undefined);
  return listingOf(bytes ?? new Uint8Array());
}

/** Copies the export into SPOOL of the other machine, as the manual says. */
async function carry(from: Pool, to: Pool): Promise<void> {
  const { success } = await new Deno.Command("cp", {
    args: [
      "-a",
      from.machine.path("/var/tmp/out/."),
      to.machine.path(to.spool),
    ],
  }).output();
  assert(success);
  await to.machine.run(["chown", "-R", to.owner, to.spool]);
}

/** Runs all jobs of the export on a machine without the original files. */
async function runAway(home: Pool, remote: Root): Promise<Pool> {
  const away = await Pool.start({
    root: remote,
    user: "alice",
    slots: 12,
    start: false,
    config: "DELEGATE_JOB_GSI_CREDENTIALS = False\n" +
      "VALID_SPOOL_FILES = lumberjack, manifest.json, SHA256SUMS\n",
  });
  await away.machine.sh(
    // Some jobs send their outputs to a URL below `abs`.
    "mkdir -p -m 777 /var/tmp/files /var/tmp/files/{seen,left,abs}\n" +
      "mkdir -m 777 $(seq -f /var/tmp/files/abs/%g 0 99)",
  );
  await carry(home, away);
  await away.startDaemons();
  await away.untilNone("JobStatus != 4 && JobStatus != 5", 60);
  return away;
}

function sorted(listing: Listing): [string, string][] {
  return [...listing].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Exports all jobs of the table, runs them elsewhere, and compares what they
 * saw.
 */
async function everyStyle(
  home: Root,
  remote: Root,
  context: Deno.TestContext,
): Promise<void> {
  const release = home === "trixie" ? "23.9" : "25";
  const cases = fileCases.filter(mayLeave);
  await using pool = await Pool.start({ root: home, slots: 0 });
  const clusters = await submitCases(pool, cases);
  await pool.sh("mkdir /var/tmp/out");
  await pool.untilNone("JobStatus == 5 && HoldReasonCode == 16");
  const ads = await readAds(pool);
  const { skipped, exports: [{ exportId, jobs }] } = await pool.lumberjackJson<
    ExportReport
  >([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", remoteSpool("alice"), "--stage"],
  ], { status: 4 });
  await pool.sh("cd /var/tmp/out; sha256sum --quiet -c SHA256SUMS");
  const stayed = new Set(skipped.map(({ id }) => Number(id.split(".")[0])));
  assertEquals(jobs + stayed.size, cases.length);
  await using away = await runAway(pool, remote);
  const remoteAds = await readAds(away);
  const failed: string[] = [];
  for (const [number, entry] of cases.entries()) {
    const cluster = clusters[number];
    const passed = await context.step(entry.title, async () => {
      const reason = skipped.find(({ id }) => id === `${cluster}.0`)?.reason;
      assertEquals(stayed.has(cluster), staysAtHome(entry, release), reason);
      if (stayed.has(cluster)) return;
      const ad = ads.get(cluster) as ClassAd;
      const elsewhere = remoteAds.get(cluster) as ClassAd;
      const seen = await listing(away, "seen", number);
      assert(seen.size > 0, String(elsewhere.evaluate("HoldReason")));
      const run = {
        ...{ entry, ad, home: homeOf(number), seen },
        before: await listing(pool, "before", number),
      } as FilesRun;
      assertEquals(
        sorted(inputsSeen({ ad: elsewhere, seen })),
        sorted(expectedSandbox(run, { release, spool: pool.spool })),
      );
    });
    if (!passed) failed.push(entry.title);
  }
  assertEquals(failed, []);
  // With VALID_SPOOL_FILES, condor_preen does not remove the inputs in SPOOL.
  await away.sh(`touch ${away.spool}/strange; condor_preen -remove`);
  assertEquals(await away.machine.exists(`${away.spool}/strange`), false);
  await away.sh(`ls -d ${away.spool}/lumberjack/${exportId}/inputs/1`);
}

/** Returns whether HTCondor would put the job on hold because of its inputs. */
function staysAtHome({ title, held }: FilesCase, release: string): boolean {
  return held === release ||
    ["a name in quotes", "an input that is missing"].includes(title);
}

/**
 * As root, exports the jobs of two owners. Files are read as their job's owner.
 */
async function asOwners(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.sh(`
    groupadd physics; usermod -a -G physics alice
    mkdir /data /var/tmp/out; cd /data
    echo group >group; chown root:physics group; chmod 640 group
    echo roots >roots; chmod 600 roots
    for user in alice bob; do
      install -o $user -m 700 /bin/true /home/$user/run; chmod 700 /home/$user
    done
  `);
  const submit = "executable = run\ntransfer_input_files = /data/$(Item)\n" +
    "queue Item in (group, roots)\n";
  for (const user of ["alice", "bob"]) await pool.submit(submit, { user });
  const { exports, skipped } = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", "/remote/spool", "--stage"],
  ], { status: 4 });
  assertEquals(exports.map(({ owner, jobs }) => `${owner} ${jobs}`), [
    "alice 1",
  ]);
  assertEquals(skipped.map(({ id, reason }) => `${id} ${reason}`), [
    "1.1 /data/roots: alice may not read it",
    "2.0 /data/group: bob may not read it",
    "2.1 /data/roots: bob may not read it",
  ]);
  // All files of the export belong to the owner.
  const found = await pool.sh(
    "cd /var/tmp/out; find . -mindepth 1 ! -user alice; sha256sum -c SHA256SUMS",
  );
  const names = found.trim().split("\n").map((line) =>
    line.replace(/.*\//, "")
  );
  assertEquals(names.sort(), [
    "group: OK",
    "job_queue.log: OK",
    "manifest.json: OK",
    "run: OK",
  ]);
}

/**
 * As root, exports into bundles. Each owner gets a bundle that belongs to him.
 */
async function bundles(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  for (const user of ["alice", "bob"]) {
    await pool.sh("mkdir -p d; echo $USER >d/own; chmod -R go= .", { user });
    await pool.submit(
      "executable = /bin/true\ntransfer_input_files = d\nqueue 2\n",
      { user },
    );
  }
  const { exports } = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true"],
    ...["--bundle", "/var/tmp/jobs.tar.gz"],
  ]);
  assertEquals(exports.map(({ jobs }) => jobs), [2, 2]);
  const said = await pool.sh(`
    cd /var/tmp; stat -c '%U %a %n' jobs.*.tar.gz
    for user in alice bob; do
      mkdir $user; tar -xzf jobs.$user.tar.gz -C $user
      cat $user/lumberjack/*/inputs/*/d/own
      (cd $user; sha256sum --quiet -c SHA256SUMS; ls)
    done
    ls jobs.tar.gz.export/*
  `);
  assertEquals(said.trim().split("\n"), [
    ...["alice 600 jobs.alice.tar.gz", "bob 600 jobs.bob.tar.gz"],
    ...["alice", "1", "SHA256SUMS", "job_queue.log", "lumberjack"],
    ...["manifest.json", "bob", "2", "SHA256SUMS", "job_queue.log"],
    ...["lumberjack", "manifest.json"],
    ...["jobs.tar.gz.export/alice:", "job_queue.log", "manifest.json", ""],
    ...["jobs.tar.gz.export/bob:", "job_queue.log", "manifest.json"],
  ]);
}

/** An ordinary user exports his own files. condor cannot read users' files. */
async function asOthers(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.sh("cp /bin/true run; chmod 700 . run; install -d /var/tmp/out", {
    user: "alice",
  });
  await pool.submit("executable = run\nqueue\n", { user: "alice" });
  await pool.sh("install -d -o condor /var/tmp/condor");
  const args = (out: string) => [
    ...["export", "--constraint", "true", "--out", out, "--stage"],
    ...["--remote-spool", "/remote/spool"],
  ];
  const { skipped } = await pool.lumberjackJson<ExportReport>(
    args("/var/tmp/condor"),
    { user: "condor", status: 4 },
  );
  assertEquals(skipped.map(({ reason }) => reason), [
    "/home/alice/run: condor may not read it " +
    "(root can export the files of alice)",
  ]);
  const { exports } = await pool.lumberjackJson<ExportReport>(
    args("/var/tmp/out"),
    { user: "alice" },
  );
  assertEquals(exports.map(({ jobs }) => jobs), [1]);
  await withoutCredentials(pool);
}

/** A job that needs a token of the credd stays, unless the user says otherwise. */
async function withoutCredentials(pool: Pool): Promise<void> {
  await pool.sh("install -d /var/tmp/tokens", { user: "alice" });
  await pool.submit(
    'executable = run\nMY.OAuthServicesNeeded = "box"\nqueue\n',
    { user: "alice" },
  );
  const args = [
    ...["export", "--constraint", 'OAuthServicesNeeded == "box"', "--stage"],
    ...["--out", "/var/tmp/tokens", "--remote-spool", "/remote/spool"],
  ];
  const { skipped } = await pool.lumberjackJson<ExportReport>(args, {
    ...{ user: "alice", status: 4 },
  });
  assertEquals(skipped, [{
    id: "2.0",
    reason: "it needs credentials (OAuthServicesNeeded box), which do not " +
      "travel (--credentials if the remote side has them)",
  }]);
  const { exports } = await pool.lumberjackJson<ExportReport>(
    [...args, "--credentials"],
    { user: "alice" },
  );
  assertEquals(exports.map(({ jobs }) => jobs), [1]);
}

/**
 * Condor may read a file of alice's and one of its own. Only a job of alice takes
 * the first one along, and no job the other one.
 */
async function notMoreThanTheOwner(root: Root): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.sh(`
    install -d /srv/files; install -d -o condor /var/tmp/condor
    install -m 640 -o alice -g condor /etc/hostname /srv/files/alices
    install -m 600 -o condor /etc/hostname /srv/files/condors
  `);
  const submission = `executable = /bin/true
    initialdir = /tmp
    transfer_input_files = /etc/hostname
    queue 2
  `;
  await pool.submit(submission, { user: "alice" });
  await pool.submit(submission, { user: "bob" });
  for (const job of ["1", "2"]) {
    const user = job === "1" ? "alice" : "bob";
    for (const [proc, file] of ["alices", "condors"].entries()) {
      await pool.run([
        ...["condor_qedit", `${job}.${proc}`],
        ...["TransferInput", `"/srv/files/${file}"`],
      ], { user });
    }
  }
  const { exports, skipped } = await pool.lumberjackJson<ExportReport>(
    [
      ...["export", "--constraint", "true", "--out", "/var/tmp/condor"],
      ...["--remote-spool", "/remote/spool", "--stage"],
    ],
    { user: "condor", status: 4 },
  );
  assertEquals(exports.map(({ owner, jobs }) => [owner, jobs]), [["alice", 1]]);
  assertEquals(skipped.map(({ reason }) => reason.split(" ")[0]), [
    "/srv/files/condors:",
    "/srv/files/alices:",
    "/srv/files/condors:",
  ]);
}

for (const root of roots) {
  poolTest(
    `on ${root}, an export by condor takes only files that the job's owner may read`,
    () => notMoreThanTheOwner(root),
  );
  poolTest(
    `on ${root}, root's export --bundle writes a bundle for each owner`,
    () => bundles(root),
  );
  poolTest(
    `on ${root}, an ordinary user can export with the files that he may read`,
    () => asOthers(root),
  );
  poolTest(
    `on ${root}, root exports only files that the job's owner may read`,
    () => asOwners(root),
  );
  poolTest(
    `on ${root}, exported jobs see the same files as at home`,
    (context) => everyStyle(root, root, context),
  );
}

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  type ExportReport,
  HpcSite,
  type ImportReport,
  obstacle,
  Pool,
  poolTest,
  until,
} from "./harness/mod.ts";

const reason = await obstacle("trixie", "sid", "hpc");

/** The executable that goes into the image. */
async function executable(): Promise<string> {
  const checkout = new URL("../../", import.meta.url);
  const built = fromFileUrl(new URL("dist/lumberjack", checkout));
  const named = Deno.env.get("LUMBERJACK");
  if (named !== undefined) return named;
  const { success } = await new Deno.Command(
    fromFileUrl(new URL("scripts/build", checkout)),
  ).output();
  assert(success, "scripts/build failed");
  return built;
}

/**
 * Eight jobs on two slots. An allocation of two minutes takes at most six of them,
 * however quickly HTCondor starts: jobs start only in the first 65 seconds, because
 * they say that they may run for 50. So no job is interrupted, and on a slow host
 * the first ones still start in time.
 */
const jobs = `
executable = job
arguments = $(Process)
transfer_input_files = data, own.$(Process)
transfer_output_files = result
transfer_output_remaps = "result = result.$(Process)"
should_transfer_files = yes
output = out.$(Process)
error = err.$(Process)
log = job.log
request_memory = 64
request_disk = 1
allowed_job_duration = 50
+DESIRED_Sites = "HPC"
queue 8
`;

const program = `#!/bin/sh
sleep 22
echo "$1 $(cat data) $(cat own.$1)" >result
echo "job $1 ran"
`;

/** Submits alice's jobs, and one of bob's that stays. */
async function submitJobs(home: Pool): Promise<void> {
  const { machine } = home;
  await machine.write("/home/alice/job", program, {
    user: "alice",
    mode: 0o755,
  });
  await home.sh(
    "cd; echo input >data; for n in 0 1 2 3 4 5 6 7; do echo own $n >own.$n; done",
    { user: "alice" },
  );
  await home.submit(jobs, { user: "alice" });
  await home.submit("executable = /bin/true\nqueue\n", { user: "bob" });
}

/** Gives root at home a key that carol's account at the centre takes. */
async function openDoor(home: Pool, site: HpcSite): Promise<void> {
  await home.sh(`
    mkdir -p ~/.ssh
    ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
    cat >~/.ssh/config <<'END'
Host login.hpc
  HostName 127.0.0.1
  Port ${site.sshPort}
  User carol
  StrictHostKeyChecking accept-new
END
  `);
  const key = await home.machine.read("/root/.ssh/id_ed25519.pub");
  await site.startSsh("carol", key);
}

/** An interface that is not the loopback. All machines of the tests have those of the host. */
function networkInterface(): string {
  const found = Deno.networkInterfaces().find(({ name, family }) =>
    family === "IPv4" && name !== "lo"
  );
  assert(found, "this host has no network");
  return found.name;
}

async function importPart(
  home: Pool,
  name: string,
  status: number,
): Promise<ImportReport> {
  await home.run(["rsync", `login.hpc:results/${name}`, "/var/tmp/"]);
  return await home.lumberjackJson<ImportReport>(
    ["import", "--in", `/var/tmp/${name}`],
    { timeout: 180, status },
  );
}

/**
 * The commands of the prototype's README, with its names changed: bob's job is
 * exported, and imported into a spool inside the container.
 */
async function prototypeCommands(
  home: Pool,
  site: HpcSite,
  image: string,
): Promise<void> {
  const folder = "/home/carol/remote";
  await home.sh("mkdir /tmp/out; chown bob /tmp/out");
  await home.lumberjack([
    ...["--export", "-jobconstraint", 'Owner == "bob"'],
    ...["-out", "/tmp/out", "-remotespool", `${folder}/spool`],
  ]);
  await home.run(["rsync", "-r", "/tmp/out", "login.hpc:remote/"]);
  await site.machine.write(
    `${folder}/condor_config`,
    `LOCAL_DIR = ${folder}\nSPOOL = ${folder}/spool\n`,
    { user: "carol" },
  );
  await site.machine.sh(
    `mkdir spool
    apptainer exec --containall --bind /etc/hosts --bind ${folder}/spool \
      --env CONDOR_CONFIG=\${PWD}/condor_config --home \${PWD} ${image} \
      lumberjack --import -in ${folder}/out`,
    { user: "carol", cwd: folder },
  );
  const log = await site.machine.read(`${folder}/spool/job_queue.log`);
  assert(/^103 \S+ Owner "bob"$/m.test(log), log);
}

poolTest(
  "users' jobs run in two allocations of a real Slurm, the second one of two nodes, in an Apptainer image, as another user, and all come home once",
  async () => {
    await using site = await HpcSite.boot({ nodes: 2 });
    await using home = await Pool.start({ root: "sid", slots: 0 });
    await submitJobs(home);
    await openDoor(home, site);
    const built = await site.buildImage("sif", {
      user: "carol",
      executable: await executable(),
    });
    const carol = { user: "carol", timeout: 600 };

    const { exports: [{ exportId }] } = await home.lumberjackJson<ExportReport>(
      [
        ...["export", "--constraint", 'DESIRED_Sites == "HPC"'],
        ...["--bundle", "/var/tmp/export.tar.gz", "--remote-spool", "/planned"],
      ],
    );
    await home.run(["rsync", "/var/tmp/export.tar.gz", "login.hpc:"]);

    const flags = [
      ...["--batch", "slurm", "--in", "export.tar.gz", "--spool", "spool"],
      ...["--results", "results", "--image", built],
      ...["--cpus", "2", "--memory", "1000"],
    ];
    const check = await site.machine.run(
      ["lumberjack", "remote", "check", "--spool", "spool"]
        .concat("--batch", "slurm", "--image", built, "--bind", "/etc/hosts"),
      carol,
    );
    assertEquals(check.match(/^(ok|failed) +[^:]*/gm), [
      "ok  batch system",
      "ok  bind",
      "ok  job on this node",
    ], check);
    // The same in an allocation of two nodes, which meet over the network.
    const twoNodes = ["--nodes", "2", "--interface", networkInterface()];
    const submitted = await site.machine.run(
      ["lumberjack", "remote", "check", "--spool", "spool", "--submit"]
        .concat("--batch", "slurm", "--image", built, ...twoNodes),
      carol,
    );
    assertEquals(submitted.match(/^(ok|failed) +[^:]*/gm), [
      "ok  batch system",
      "ok  job in an allocation",
    ], submitted);
    const script = await site.machine.try(
      ["lumberjack", "remote", "script", ...flags, "--walltime", "2m"]
        .concat("--margin", "10s"),
      carol,
    );
    assertEquals(script.code, 0, script.stderr);
    assert(/^1 node for 00:02:00, \d+ % full: 8 jobs; /.test(script.stderr));
    await site.machine.write("/home/carol/run.sh", script.stdout, carol);
    await site.machine.run(["shellcheck", "run.sh"], carol);
    const id =
      (await site.machine.run(["sbatch", "--parsable", "run.sh"], carol))
        .trim();

    const said = async (id: string) =>
      (await site.machine.try(["sh", "-c", `cat *-${id}.log; squeue`], carol))
        .stdout;
    await until("the first allocation runs", async () => {
      const state = ["squeue", "--noheader", "--jobs", id, "--format", "%T"];
      return (await site.machine.run(state, carol)).trim() === "RUNNING";
    }, 60);
    // While it runs, a second one waits behind it, and a third is too many.
    const submit = ["lumberjack", "remote", "submit", ...flags, ...twoNodes]
      .concat("--walltime", "10m", "--json");
    const second = JSON.parse(await site.machine.run(submit, carol));
    assertEquals(second.allocations.length, 2);
    const third = await site.machine.try(submit, carol);
    assertEquals(third.code, 3, third.stderr + await said(id));
    assertEquals(
      JSON.parse(third.stdout).reason,
      "1 queued already, and the limit is 1",
    );

    // Nothing is submitted, because one waits: it is followed to its end.
    const following = site.machine.try(
      ["lumberjack", "remote", "submit", ...flags, ...twoNodes, "--follow"],
      { ...carol, timeout: 900 },
    );

    await until(
      "the first allocation has packed",
      async () =>
        await site.machine.exists(
          `/home/carol/results/${exportId}.${id}.tar.gz`,
        ),
      180,
    )
      .catch(async (error) => {
        throw new Error(`${error.message}\n${await said(id)}`);
      });
    const first = await importPart(home, `${exportId}.${id}.tar.gz`, 0);
    assert(
      first.merged >= 1 && first.merged < 8,
      JSON.stringify(first) + await said(id),
    );

    const end = await following;
    assertEquals(end.code, 0, end.stderr + await said(second.id));
    assert(end.stdout.startsWith("of 8 jobs 8 completed"), end.stdout);
    const last = await importPart(home, `${exportId}.${second.id}.tar.gz`, 0);
    assertEquals([last.refused, last.missing], [[], []]);
    // srun has started a worker on the second node, and it found the head.
    const workers = await site.machine.sh(
      "cat spool/lumberjack/pool/workers/*/log/StartLog",
      carol,
    );
    assert(workers.includes("Initial update sent to collector"), workers);
    await home.untilNone('Owner == "alice"');

    for (let n = 0; n < 8; n++) {
      const text = await home.machine.read(`/home/alice/result.${n}`);
      assertEquals(text, `${n} input own ${n}\n`);
      assertEquals(
        await home.machine.read(`/home/alice/out.${n}`),
        `job ${n} ran\n`,
      );
    }
    // Each job has one execution and one end in the user's log.
    const log = await home.machine.read("/home/alice/job.log");
    for (const event of ["001", "005"]) {
      const lines = [...log.matchAll(new RegExp(`^${event} \\(\\S+\\)`, "gm"))];
      assertEquals(lines.length, 8, log);
      assertEquals(new Set(lines.map(([line]) => line)).size, 8);
    }
    // The centre has nothing more to do.
    const none = await site.machine.try(submit, carol);
    assertEquals(none.code, 3);
    assertEquals(JSON.parse(none.stdout).reason, "every job has ended");
    assertEquals((await site.machine.try(["pgrep", "condor"])).stdout, "");
    await prototypeCommands(home, site, built);
  },
  reason,
);

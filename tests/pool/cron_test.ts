import { assert, assertEquals, assertMatch } from "@std/assert";
import { Pool, poolTest, roots, until } from "./harness/mod.ts";
import { runThere } from "./cron_site.ts";

/** Returns a submit description of three jobs, each with an output file. */
const describe = (name: string) => `
executable = /bin/true
output = out.$(Process)
should_transfer_files = YES
transfer_output_files = result
transfer_output_remaps = "result = ${name}.$(Process)"
My.WantSite = "${name}"
queue 3
`;

const site = (name: string) => `
LUMBERJACK_${name}_CONSTRAINT = WantSite == "${name}"
LUMBERJACK_${name}_REMOTE_SPOOL = /remote/spool
LUMBERJACK_${name}_FILES = none
LUMBERJACK_${name}_SHIP = /srv/${name}/in
LUMBERJACK_${name}_FETCH = /srv/${name}/out
`;

const config = `
LUMBERJACK_SITES = ALCF NERSC
LUMBERJACK_DIR = /var/lib/lumberjack
${site("ALCF")}${site("NERSC")}
`;

async function start(
  root: "trixie" | "sid",
  more = "",
  user = "root",
): Promise<Pool> {
  const pool = await Pool.start({
    root,
    slots: 0,
    config: config + more,
    prepare: async (pool) => {
      await pool.sh(`
        mkdir -p /srv/ALCF/in /srv/ALCF/out /srv/NERSC/in /srv/NERSC/out
        mkdir -p /var/lib/lumberjack
        chown -R ${user}: /srv /var/lib/lumberjack
      `);
    },
  });
  for (const name of ["ALCF", "NERSC"]) {
    await pool.submit(describe(name), { user: "alice" });
  }
  return pool;
}

/** Starts an ssh server, on which root can log in as alice@login.test. */
async function loginNode(pool: Pool): Promise<void> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  await pool.sh(`
    # sshd refuses a locked account; '*' is a password that nobody has.
    usermod -p '*' alice
    mkdir -p /run/sshd ~/.ssh ~alice/.ssh
    ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
    test -e /etc/ssh/ssh_host_ed25519_key || ssh-keygen -A >/dev/null
    cp ~/.ssh/id_ed25519.pub ~alice/.ssh/authorized_keys
    chown -R alice: ~alice/.ssh /srv/ALCF
    cat >~/.ssh/config <<'END'
Host login.test
  HostName 127.0.0.1
  Port ${port}
  User alice
  StrictHostKeyChecking accept-new
END
    /usr/sbin/sshd -p ${port} -o ListenAddress=127.0.0.1 -o UsePAM=no
  `);
}

/** The host has another key than last time: it was installed anew, or it is another. */
async function anotherHostKey(pool: Pool): Promise<void> {
  await pool.sh(`
    cp ~/.ssh/known_hosts /tmp/known_hosts
    ssh-keygen -q -t ed25519 -N '' -f /tmp/another
    key=$(cut -d ' ' -f 2 /tmp/another.pub)
    sed -i "s,ssh-ed25519 .*,ssh-ed25519 $key," ~/.ssh/known_hosts
  `);
  const { stdout } = await pool.lumberjack(["sites", "check"]);
  assertMatch(
    stdout,
    /^FAILED +ALCF: SHIP: .*Host key verification failed.*: compare the host's key .* remove the old one as ssh says: ssh login\.test true$/m,
  );
  await pool.sh("cp /tmp/known_hosts ~/.ssh/known_hosts");
  assertEquals((await pool.lumberjack(["sites", "check"])).code, 0);
}

interface CronReport {
  readonly report?: {
    readonly isBusy: boolean;
    readonly sites: readonly {
      readonly site: string;
      readonly home: number;
      readonly exported: number;
      readonly sent: number;
      readonly away: number;
      readonly problem?: string;
    }[];
  };
  readonly problem?: string;
}

/** Returns the different values of LumberjackState in the queue. */
async function signals(pool: Pool): Promise<string[]> {
  const jobs = await pool.queue("LumberjackState =!= undefined");
  for (const { LumberjackSince: since } of jobs) {
    assert(Math.abs(Number(since) - Date.now() / 1000) < 300, String(since));
  }
  return [...new Set(jobs.map((job) => String(job.LumberjackState)))].sort();
}

/** Returns how many queries for jobs the schedd has answered. */
async function queries(pool: Pool): Promise<number> {
  const log = await pool.machine.read(`${pool.log}/SchedLog`);
  return log.split("\n").filter((line) =>
    /Calling HandleReq.*QUERY_JOB_ADS/.test(line)
  ).length;
}

async function pass(pool: Pool): Promise<string[]> {
  const { stdout, stderr } = await pool.lumberjack(["cron", "--json"]);
  assertEquals(stderr, "");
  const { report, problem }: CronReport = JSON.parse(stdout);
  assertEquals(problem, undefined);
  return report!.sites.map(({ site, home, exported, sent, away, problem }) =>
    `${site}: ${home} home, ${exported} exported, ${sent} sent, ${away} away` +
    (problem ? `, ${problem.split(":")[0]}` : "")
  );
}

for (const root of roots) {
  poolTest(
    `on ${root}, passes export, send, fetch and import, and one site's failure does not stop the other site`,
    async () => {
      await using pool = await start(
        root,
        "LUMBERJACK_ALCF_FILES = stage\nSCHEDD_DEBUG = D_COMMAND\n",
      );
      assertEquals(await pass(pool), [
        "ALCF: 0 home, 3 exported, 1 sent, 3 away",
        "NERSC: 0 home, 3 exported, 1 sent, 3 away",
      ]);
      // There are no new jobs. So nothing is exported, and nothing is sent again.
      const asked = await queries(pool);
      assertEquals(await pass(pool), [
        "ALCF: 0 home, 0 exported, 0 sent, 3 away",
        "NERSC: 0 home, 0 exported, 0 sent, 3 away",
      ]);
      assertEquals(await queries(pool) - asked, 1);
      assertMatch(
        await pool.run(
          [
            "condor_q",
            "-allusers",
            "-pr",
            "/lumberjack/hooks/condor_q-lumberjack.cpf",
          ],
        ),
        /OWNER +ST +WHERE +SITE +SINCE +CMD OR REASON.*\n *1\.0 +alice +I +away +ALCF +\d\d\/\d\d \d\d:\d\d +\/bin\/true/,
      );
      await runThere(pool, "/srv/ALCF");
      await runThere(pool, "/srv/NERSC");
      await pool.sh("mv /srv/NERSC/out /srv/NERSC/gone");
      assertEquals(await signals(pool), ["away"]);
      assertEquals(await pass(pool), [
        "ALCF: 3 home, 0 exported, 0 sent, 0 away",
        "NERSC: 0 home, 0 exported, 0 sent, 3 away, fetch",
      ]);
      assertEquals(
        await pool.sh("cd ~alice; cat ALCF.* out.0; stat -c %U ALCF.1"),
        "ran as 1.0\nran as 1.1\nran as 1.2\nhello\nalice\n",
      );
      await pool.sh("mv /srv/NERSC/gone /srv/NERSC/out");
      assertEquals(
        (await pool.jobs("ClusterId == 1")).map((job) => job.LumberjackState),
        ["home", "home", "home"],
      );
      // After a failure, passes wait a minute before they try that site again.
      // An administrator can end this wait by removing the state file.
      assertMatch((await pass(pool))[1], /3 away, fetch$/);
      const status = await pool.lumberjack(["status"]);
      assertMatch(
        status.stdout,
        /^SITE +STATE +JOBS +EXPORTS +OVERDUE\nALCF +ok +0 +0 +0\nNERSC +trouble +3 +1 +0\n\n(.*\n)*20\S+ +alice +NERSC +away +3 +\d+m?\d*s +\/var.*\n3 jobs locked\nlast pass: \d+m?\d*s ago\n\nSTUCK NERSC, since 20\S+ \(.*ago\), 3 jobs\n {2}fetch: .*\n {2}.* tries it again.*\n {2}-> lumberjack sites NERSC check\n {2}-> lumberjack sites NERSC retry\n$/,
      );
      assertMatch(
        await pool.run(["lumberjack", "sites", "retry", "NERSC"]),
        /^NERSC: the next pass tries it again \(it was: fetch/,
      );
      assertMatch((await pass(pool))[1], /^NERSC: 3 home, .* 0 away$/);
      assertEquals(await pool.queue('Managed == "External"'), []);
    },
  );

  poolTest(
    `on ${root}, SCHEDD_CRON runs passes as user condor, and the schedd's ad shows their results`,
    async () => {
      await using pool = await start(
        root,
        `use FEATURE : ScheddCronPeriodic(LJ, 5s, /usr/local/bin/lumberjack, cron)
        SCHEDD_CRON_LJ_PREFIX = Lumberjack
        LUMBERJACK_NERSC_MAX_JOB = 5
        SCHEDD_INTERVAL = 5
        UPDATE_INTERVAL = 5
        `,
        "condor",
      );
      const ad = (names: string) =>
        pool.run(["condor_status", "-schedd", "-af", ...names.split(" ")]);
      await until("the ad says that three jobs are away", async () => {
        const said = await ad("LumberjackState LumberjackAway LumberjackSites");
        return /^trouble 3 .*ALCF/.test(said);
      }, 60);
      assertMatch(
        await ad("LumberjackNERSC_Problem"),
        /LUMBERJACK_NERSC_MAX_JOB = 5 \(.*line \d+\).*did you mean LUMBERJACK_NERSC_MAX_JOBS/,
      );
      const locked = await pool.queue('Managed == "External"');
      assertEquals(locked.map((job) => job.ClusterId), [1, 1, 1]);
      await runThere(pool, "/srv/ALCF");
      await until(
        "the jobs are home",
        async () => (await pool.queue('Managed == "External"')).length === 0,
        60,
      );
    },
  );

  poolTest(
    `on ${root}, bundles travel by rsync over ssh to a login node, and if ssh fails, the pass reports it`,
    async () => {
      await using pool = await start(
        root,
        `
        LUMBERJACK_ALCF_SHIP = rsync:login.test:/srv/ALCF/in
        LUMBERJACK_ALCF_FETCH = rsync:login.test:/srv/ALCF/out
        LUMBERJACK_NERSC_ENABLED = False
      `,
      );
      await loginNode(pool);
      assertEquals(
        (await pass(pool))[0],
        "ALCF: 0 home, 3 exported, 1 sent, 3 away",
      );
      assertMatch(await pool.sh("ls /srv/ALCF/in"), /^20.*\.tar\.(zst|gz)\n$/);
      await runThere(pool, "/srv/ALCF");
      await pool.sh(
        "ln -s /etc/passwd /srv/ALCF/out/$(ls /srv/ALCF/out).2.tar",
      );
      assertEquals(
        (await pass(pool))[0],
        "ALCF: 3 home, 0 exported, 0 sent, 0 away",
      );
      const check = await pool.lumberjack(["sites", "ALCF", "check"]);
      assertMatch(
        check.stdout,
        /^ok .*takes exports\n(ok .*\n)*ok .*a file was written.*\n.*login\.test has lumberjack \d.*\n(ok .*\n)*$/,
      );
      assertEquals([check.code, check.stderr], [0, ""]);
      assertEquals(await pool.sh("ls -A /srv/ALCF/in"), "");
      await anotherHostKey(pool);
      // The site wants a second factor: a person opens a control socket, and
      // after that ssh has no key any more.
      await pool.sh(`
        echo "  ControlPath ~/.ssh/socket" >>~/.ssh/config
        ssh -fNM login.test
        mv ~/.ssh/id_ed25519 /root/key
      `);
      const submit = () =>
        pool.submit(
          'executable = /bin/true\nMy.WantSite = "ALCF"\nqueue 1\n',
          { user: "alice" },
        );
      await submit();
      assertEquals(
        (await pass(pool))[0],
        "ALCF: 0 home, 1 exported, 1 sent, 1 away",
      );
      await pool.sh("ssh -O exit login.test 2>/dev/null");
      assertMatch(
        (await pool.lumberjack(["cron"])).stdout,
        /^ALCF_Problem = "fetch: the control socket of ssh is gone: login\.test: \/root\/\.ssh\/socket: open it again.*: ssh -fNM login\.test"$/m,
      );
      const closed = await pool.lumberjack(["sites", "check"]);
      assertEquals(closed.code, 1);
      assertMatch(closed.stdout, /^FAILED +ALCF: SHIP: the control socket/m);
      // When the socket is open again, the next pass uses it at once.
      await pool.sh(`
        mv /root/key ~/.ssh/id_ed25519
        ssh -fNM login.test
      `);
      assertMatch((await pass(pool))[0], /1 away$/);
      // The ssh server is gone. A job is exported, and waits to be sent. The pass
      // after that exports no more.
      await submit();
      await pool.sh(
        "ssh -O exit login.test 2>/dev/null; sed -i /ControlPath/d ~/.ssh/config; " +
          "pkill -P 1 sshd; rm -f ~/.ssh/id_ed25519",
      );
      const { stdout } = await pool.lumberjack(["cron"]);
      assertMatch(stdout, /^Away = 2$/m);
      await submit();
      const later = await pool.lumberjack(["cron"]);
      assertMatch(later.stdout, /^Away = 2$/m);
      assertMatch(
        stdout,
        /^ALCF_Problem = "fetch: rsync failed: login\.test:\/srv\/ALCF\/out: exit status \d+: (ssh: .*: the host does not answer|.*Permission denied.*: the host does not take the key).*: ssh .* login\.test true"$/m,
      );
    },
  );

  poolTest(
    `on ${root}, if passes are killed at any moment, no job is lost and no job is sent twice`,
    async () => {
      await using pool = await start(root);
      await pool.submit(
        'executable = /bin/true\nMy.WantSite = "ALCF"\nqueue 40\n',
        { user: "bob" },
      );
      // A pass takes about a second.
      for (let wait = 0.25; wait < 1.3; wait += 0.07) {
        await pool.try(
          ["timeout", "-s", "KILL", wait.toFixed(2), "lumberjack", "cron"],
        );
      }
      await pass(pool);
      const sent = await pool.sh(`
        for bundle in /srv/*/in/*.tar.*; do
          lumberjack bundle extract $bundle /tmp/sent >/dev/null
          sed -n 's/^103 \\([1-9][0-9]*\\.[0-9]*\\) ProcId .*/\\1/p' /tmp/sent/job_queue.log
          rm -r /tmp/sent
        done`);
      const jobs = sent.trim().split("\n");
      assertEquals([jobs.length, new Set(jobs).size], [46, 46]);
      assertEquals((await pool.queue('Managed == "External"')).length, 46);
      for (const name of ["ALCF", "NERSC"]) {
        await runThere(pool, `/srv/${name}`);
      }
      for (let wait = 0.25; wait < 1.3; wait += 0.07) {
        await pool.try(
          ["timeout", "-s", "KILL", wait.toFixed(2), "lumberjack", "cron"],
        );
      }
      await pass(pool);
      assertEquals(await pool.queue('Managed == "External"'), []);
      assertEquals(await pool.queue("JobStatus != 4"), []);
    },
  );

  poolTest(
    `on ${root}, the verb sites shows knobs, jobs and mistakes, and the verb why explains a job`,
    async () => {
      await using pool = await start(root, "LUMBERJACK_NERSC_FILES = some\n");
      const { code, stdout } = await pool.lumberjack(["sites"]);
      assertEquals(code, 4);
      assertMatch(
        stdout,
        /ALCF: in force\n.*WantSite == "ALCF"\n.*3 jobs match, 3 may go/,
      );
      assertMatch(
        stdout,
        /NERSC: not in force\n {2}LUMBERJACK_NERSC_FILES = some \(.*line \d+\)\n {2}not known: write one of stage/,
      );
      assert(!/ALCF: not/.test(stdout));
      assertMatch(
        (await pool.lumberjack(["why", "2.0"])).stdout,
        /^2\.0: idle here, and may leave\nALCF: it does not go there\n {2}WantSite == "ALCF" is false: WantSite = "NERSC"\nNERSC: it does not go there\n {2}not in force: LUMBERJACK_NERSC_FILES = some/,
      );
      await pool.run(["lumberjack", "cron"]);
      assertMatch(
        (await pool.lumberjack(["why", "1.2"])).stdout,
        /^1\.2: away since 20.* with 20.*-[0-9a-f]{8} \(written\), to run in \/remote\/spool; the export is in \/var\/lib\/lumberjack\/ALCF\/exports\/./,
      );
      // The pool compares each document with the schema of its verb.
      for (
        const line of [
          ...[["sites"], ["sites", "check"], ["sites", "retry"]],
          ...[["why", "1.2"], ["hooks", "check"], ["doctor"], ["cron"]],
        ]
      ) {
        const { stdout } = await pool.lumberjack([...line, "--json"]);
        assertEquals(typeof JSON.parse(stdout), "object", line.join(" "));
      }
    },
  );
}

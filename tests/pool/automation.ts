/**
 * Passes on a real pool, joined to two sites that run what comes with `lumberjack
 * remote run`: jobs leave, run and come home, and nobody types a command. Looks
 * whether every job started once and is home with its files.
 *
 * @module
 */
import { Pool, type Root, until } from "./harness/mod.ts";

/** The sites. Every second ship to NERSC fails. */
const sites = ["ALCF", "NERSC"] as const;
type SiteName = typeof sites[number];

/** Who submits, and who runs jobs at the sites. */
const submitters = ["alice", "carol"] as const;
const siteUser = "bob";

const config = `
LUMBERJACK_SITES = ALCF NERSC
LUMBERJACK_DIR = /var/lib/lumberjack
${
  sites.map((name) => `
LUMBERJACK_${name}_CONSTRAINT = WantSite == "${name}"
LUMBERJACK_${name}_REMOTE_SPOOL = /remote/spool
LUMBERJACK_${name}_FETCH = /srv/${name}/out
`).join("")
}
LUMBERJACK_ALCF_SHIP = /srv/ALCF/in
LUMBERJACK_NERSC_SHIP = command:/srv/ship /srv/NERSC/in
LUMBERJACK = /usr/local/bin/lumberjack
LUMBERJACK_ARGS = cron --loop --period 3
DAEMON_LIST = $(DAEMON_LIST) LUMBERJACK
PERIODIC_EXPR_INTERVAL = 5
`;

/** Fails every second time that it is to send something. */
const ship = `#!/bin/sh
set -eu
place=$1 what=$2
[ "$what" = send ] || exit 2
echo >>/srv/calls
if [ $(($(wc -l </srv/calls) % 2)) = 1 ]; then
  echo "the door is closed" >&2
  exit 1
fi
cp "$4" "$place/.part"
chown ${siteUser}: "$place/.part"
mv "$place/.part" "$place/\${4##*/}"
`;

/** Every job says that it starts. Jobs of all sites run on this machine. */
const program = `#!/bin/sh
echo "$1" >>/var/tmp/starts
cat input >result
echo "$1" >>result
`;

const submission = (site: SiteName, jobs: number) => `
executable = job
arguments = $(Cluster).$(Process)
transfer_input_files = input
transfer_output_files = result
transfer_output_remaps = "result = result.$(Cluster).$(Process)"
should_transfer_files = YES
log = job.log
request_memory = 16
request_disk = 1
My.WantSite = "${site}"
queue ${jobs}
`;

/** What to do, and for how long. */
export interface AutomationOptions {
  /** The HTCondor. */
  readonly root: Root;
  /** Called before each round; false ends the submissions. */
  readonly goOn: (round: number) => boolean;
  /** Who submits to which site in a round. */
  readonly submissions: (
    round: number,
  ) => readonly { readonly user: string; readonly site: SiteName }[];
  /** Lets a site that failed be tried at once, where there is no time to wait. */
  readonly isImpatient?: boolean;
  /** Whether the fetches of NERSC fail in a round. */
  readonly isClosed?: (round: number) => boolean;
  /** Returns a number from 0 to below 1, for the size of rounds; in order if missing. */
  readonly random?: () => number;
  /** Removes a job of each round after it has left. */
  readonly removes?: boolean;
  /** How long the last jobs may take to come home, in seconds. */
  readonly patience: number;
  /** Called with what happens. */
  readonly say?: (text: string) => void;
}

/** What came of it. */
export interface AutomationReport {
  /** How many jobs were submitted. */
  readonly jobs: number;
  /** How many of them were removed while they were away. */
  readonly removed: number;
  /** How many exports the sites ran. */
  readonly runs: number;
  /** How often a site failed, as the history says. */
  readonly failures: number;
  /** What is wrong. */
  readonly problems: readonly string[];
}

/** Runs it all, and looks at every job. */
export async function runAutomation(
  options: AutomationOptions,
): Promise<AutomationReport> {
  await using pool = await Pool.start({
    root: options.root,
    slots: 0,
    config,
    prepare,
  });
  for (const user of submitters) await giveFiles(pool, user);
  const run = new Automation(pool, options);
  return await run.run();
}

async function prepare(pool: Pool): Promise<void> {
  await pool.machine.write("/srv/ship", ship, { mode: 0o755 });
  await pool.sh(`
    mkdir -p /var/lib/lumberjack /srv/ALCF/in /srv/ALCF/out /srv/NERSC/in /srv/NERSC/out
    chown -R ${siteUser}: /srv/ALCF /srv/NERSC
    : >/var/tmp/starts
    chmod 666 /var/tmp/starts
  `);
}

async function giveFiles(pool: Pool, user: string): Promise<void> {
  await pool.machine.write(`/home/${user}/job`, program, { user, mode: 0o755 });
  await pool.machine.write(`/home/${user}/input`, `of ${user}\n`, { user });
}

class Automation {
  readonly #pool: Pool;
  readonly #options: AutomationOptions;
  readonly #jobs = new Map<string, string>();
  readonly #removed = new Set<string>();
  readonly #problems: string[] = [];
  #runs = 0;
  #isOver = false;

  constructor(pool: Pool, options: AutomationOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  async run(): Promise<AutomationReport> {
    const atSites = sites.map((site) => this.#runSite(site));
    try {
      for (let round = 0; this.#options.goOn(round); round++) {
        await this.#round(round);
      }
      await this.#open();
      await until(
        "every job has left the queue",
        async () => {
          await this.#retry();
          return (await this.#pool.queue()).length === 0;
        },
        this.#options.patience,
      ).catch((error) => this.#problems.push(String(error)));
    } finally {
      this.#isOver = true;
      await Promise.all(atSites);
    }
    await this.#check();
    return {
      jobs: this.#jobs.size,
      removed: this.#removed.size,
      runs: this.#runs,
      failures: Number(
        await this.#pool.sh(
          'grep -c \'"event":"failed"\' /var/lib/lumberjack/history.jsonl || :',
        ),
      ),
      problems: this.#problems,
    };
  }

  async #round(round: number): Promise<void> {
    const { isClosed, submissions, removes, random } = this.#options;
    const jobs = 3 + Math.floor(4 * (random?.() ?? round % 4 / 4));
    const clusters: number[] = [];
    for (const { user, site } of submissions(round)) {
      const [cluster] = await this.#pool.submit(submission(site, jobs), {
        user,
      });
      clusters.push(cluster);
      for (let proc = 0; proc < jobs; proc++) {
        this.#jobs.set(`${cluster}.${proc}`, user);
      }
    }
    this.#say(`round ${round}: clusters ${clusters.join()} of ${jobs} jobs`);
    if (isClosed?.(round)) await this.#close();
    else await this.#open();
    await this.#leave(clusters);
    const proc = Math.floor(jobs * (random?.() ?? 0));
    if (removes) await this.#remove(`${clusters[0]}.${proc}`);
  }

  /** Waits until a pass has taken the jobs, or most of a round's time is over. */
  async #leave(clusters: readonly number[]): Promise<void> {
    const left = `ClusterId == ${clusters[0]} && Managed =!= "External"`;
    await until("the jobs have left", async () => {
      await this.#retry();
      return (await this.#pool.queue(left)).length === 0;
    }, 60).catch(() => this.#say("the jobs wait for a site that fails"));
  }

  async #close(): Promise<void> {
    await this.#pool.sh(
      "[ ! -e /srv/NERSC/out ] || mv /srv/NERSC/out /srv/NERSC/closed",
    );
  }

  async #open(): Promise<void> {
    await this.#pool.sh(
      "[ ! -e /srv/NERSC/closed ] || mv /srv/NERSC/closed /srv/NERSC/out",
    );
  }

  async #remove(id: string): Promise<void> {
    const { code } = await this.#pool.try(["condor_rm", id]);
    if (code === 0) this.#removed.add(id);
  }

  async #retry(): Promise<void> {
    if (!this.#options.isImpatient) return;
    await this.#pool.try(["lumberjack", "sites", "retry"]);
  }

  /** Does what a site's batch jobs do: runs each bundle, and packs the results. */
  async #runSite(site: SiteName): Promise<void> {
    const done = new Set<string>();
    while (!this.#isOver) {
      const names = (await this.#pool.sh(`cd /srv/${site}/in; ls`)).split("\n");
      const bundle = names.find((name) =>
        /^20\S+\.tar\.\w+$/.test(name) && !done.has(name)
      );
      if (bundle === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      done.add(bundle);
      await this.#runBundle(site, bundle);
    }
  }

  async #runBundle(site: SiteName, bundle: string): Promise<void> {
    const id = bundle.split(".")[0];
    const back = `${id}.1.${bundle.split(".").slice(1).join(".")}`;
    this.#say(`${site} runs ${id}`);
    const { code, stdout, stderr } = await this.#pool.machine.try([
      ...["lumberjack", "remote", "run", "--in", `/srv/${site}/in/${bundle}`],
      ...["--spool", `/home/${siteUser}/${id}`, "--cpus", "4"],
      ...["--memory", "2048", "--out", `/home/${siteUser}/${back}`],
    ], { user: siteUser, timeout: 600 });
    this.#runs++;
    // 4: a job was removed at home before it could run here.
    if (code !== 0 && !(code === 4 && this.#options.removes)) {
      this.#problems.push(`${site}, ${id}: remote run: ${stdout}${stderr}`);
    }
    // Also while the door is closed, the site goes on.
    await this.#pool.sh(`
      # The folder may be renamed between the two.
      cd /srv/${site}/out 2>/dev/null || cd /srv/${site}/closed
      mv /home/${siteUser}/${back} .part
      mv .part ${back}
    `);
  }

  async #check(): Promise<void> {
    const starts = new Map<string, number>();
    const said = await this.#pool.sh("cat /var/tmp/starts");
    for (const id of said.split("\n").filter((id) => id !== "")) {
      starts.set(id, (starts.get(id) ?? 0) + 1);
    }
    const ended = new Map(
      (await this.#pool.history()).map((ad) => [
        `${ad.ClusterId}.${ad.ProcId}`,
        ad,
      ]),
    );
    for (const [id, user] of this.#jobs) {
      const count = starts.get(id) ?? 0;
      const wrong = (what: string) => this.#problems.push(`${id}: ${what}`);
      if (count > 1) {
        wrong(`started ${count} times\n${await this.#siteLogsOf(id)}`);
      }
      const ad = ended.get(id);
      if (ad === undefined) {
        wrong("is not in the history");
        continue;
      }
      if (this.#removed.has(id)) continue;
      if (count === 0) wrong("was not started");
      const { JobStatus, ExitCode, LumberjackState } = ad;
      if (JobStatus !== 4 || ExitCode !== 0 || LumberjackState !== "home") {
        wrong(
          `ended as ${JSON.stringify([JobStatus, ExitCode, LumberjackState])}`,
        );
      }
      const { stdout } = await this.#pool.try([
        "sh",
        "-c",
        `
        cat /home/${user}/result.${id}; stat -c %U /home/${user}/result.${id}
        grep -c '^005 (${logId(id)})' /home/${user}/job.log`,
      ]);
      if (stdout !== `of ${user}\n${id}\n${user}\n1\n`) wrong(`left ${stdout}`);
    }
  }

  /** What the sites' HTCondors say of a job, for the message of a failure. */
  #siteLogsOf(id: string): Promise<string> {
    const pattern = id.replace(".", "\\.");
    return this.#pool.sh(
      `cd /home/${siteUser}; grep -rE '[( ]0*${pattern}[) :]' */lumberjack/pool/log/ || :
       grep -a -E '^10[0-9] 0*${pattern} ' */job_queue.log || :`,
    );
  }

  #say(text: string): void {
    this.#options.say?.(text);
  }
}

/** A job's ID as user logs have it. */
function logId(id: string): string {
  const [cluster, proc] = id.split(".").map((part) => part.padStart(3, "0"));
  return `${cluster}.${proc}.000`;
}

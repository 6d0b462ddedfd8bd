/**
 * A pool that is set up as docs/automation.md says, and the site of that page: a
 * host that is reached by ssh only, with a user, a disk and an executable of its
 * own.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { type Documented, knob, readDocumented } from "./documented.ts";
import { type JobAd, Pool, type Root, until } from "./harness/mod.ts";

/** Who submits, and as whom Lumberjack logs in at the site. */
const submitter = "alice", siteUser = "bob";

/** The site's disk. */
const disk = "/lus";

/** The folder of programs in the site's PATH. */
const programs = "/opt/site/bin";

/** Where the site has the executable. At home it is /usr/bin/lumberjack. */
export const siteExecutable = `${disk}/bin/lumberjack`;

/** The pool, the site, and what the page says. */
export class DocumentedPool implements AsyncDisposable {
  readonly pool: Pool;
  readonly documented: Documented;
  /** The host of the site, as the page names it. */
  readonly host: string;
  /** The folders of the site. */
  readonly places: Readonly<Record<"in" | "out" | "spool", string>>;
  readonly #port = 20_000 + Math.floor(Math.random() * 12_000);
  readonly #say: (text: string) => void;
  #atSite: Promise<void> | undefined;
  #isOver = false;
  #held: string | undefined;

  private constructor(
    pool: Pool,
    documented: Documented,
    say: (text: string) => void,
  ) {
    this.pool = pool;
    this.documented = documented;
    this.#say = say;
    const ship = knob(documented, "LUMBERJACK_ALCF_SHIP").split(":");
    const fetch = knob(documented, "LUMBERJACK_ALCF_FETCH").split(":");
    this.host = ship[1];
    this.places = {
      in: ship[2],
      out: fetch[2],
      spool: knob(documented, "LUMBERJACK_ALCF_REMOTE_SPOOL"),
    };
  }

  /**
   * Starts a pool without a line about Lumberjack, and the site. Needs the
   * executable.
   */
  static async start(
    root: Root,
    say: (text: string) => void,
  ): Promise<DocumentedPool> {
    if (Deno.env.get("LUMBERJACK") === undefined) {
      const built = new URL("../../dist/lumberjack", import.meta.url);
      Deno.env.set("LUMBERJACK", fromFileUrl(built));
    }
    const documented = await readDocumented();
    const pool = await Pool.start({
      root,
      slots: 0,
      config: "SCHEDD_INTERVAL = 5",
    });
    const made = new DocumentedPool(pool, documented, say);
    try {
      await made.#makeSite();
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    return made;
  }

  /** Puts the executable where both sides expect it, and starts the site's sshd. */
  async #makeSite(): Promise<void> {
    const { in: ship, out, spool } = this.places;
    await this.pool.sh(`
      # The pool's own lines come first, as on a host where HTCondor runs already.
      mv /etc/condor/config.d/90-test /etc/condor/config.d/10-pool
      mkdir -p ${disk}
      mount -t tmpfs -o size=192m,mode=755 site ${disk}
      mkdir -p ${disk}/bin ${ship} ${out} ${spool}
      chown -R ${siteUser}: ${disk}
      mkdir -p /opt/site
      touch /opt/site/lumberjack /usr/bin/lumberjack
      mount --bind /usr/local/bin/lumberjack /opt/site/lumberjack
      mount --bind /usr/local/bin/lumberjack /usr/bin/lumberjack
      umount /usr/local/bin/lumberjack
      rm /usr/local/bin/lumberjack
      ln -s /opt/site/lumberjack ${siteExecutable}
      # The site has every program of this machine, without the submit host's
      # executable.
      mkdir ${programs} ${disk}/held
      ln -s /usr/bin/* ${programs}
      rm ${programs}/lumberjack
      chown ${siteUser}: ${disk}/held
      # sshd refuses a locked account; '*' is a password that nobody has.
      usermod -p '*' ${siteUser}
      mkdir -p /run/sshd ~/.ssh ~${siteUser}/.ssh
      ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
      ssh-keygen -q -t ed25519 -N '' -f /opt/site/host_key
      cp ~/.ssh/id_ed25519.pub ~${siteUser}/.ssh/authorized_keys
      chown -R ${siteUser}: ~${siteUser}/.ssh
      echo 'Authorized use only. All activity is recorded.' >/opt/site/banner
      cat >~/.ssh/config <<'END'
Host ${this.host}
  HostName 127.0.0.1
  Port ${this.#port}
  User ${siteUser}
  StrictHostKeyChecking accept-new
END
    `);
    await this.startSshd("/opt/site/host_key");
  }

  /** Starts the sshd of the site, with this host key. */
  async startSshd(key: string): Promise<void> {
    await this.pool.sh(`
      /usr/sbin/sshd -p ${this.#port} -h ${key} -o UsePAM=no \\
        -o ListenAddress=127.0.0.1 -o Banner=/opt/site/banner \\
        -o PidFile=/opt/site/pid -o SetEnv=PATH=${disk}/bin:${programs}
    `);
    await this.pool.sh("while [ ! -s /opt/site/pid ]; do sleep 0.1; done");
  }

  /** Ends the sshd of the site. */
  async stopSshd(): Promise<void> {
    await this.pool.sh(`
      pid=$(cat /opt/site/pid)
      rm /opt/site/pid
      kill $pid
      while kill -0 $pid 2>/dev/null; do sleep 0.1; done`);
  }

  /**
   * Does what the page says: writes the lines that no command writes, and types the
   * commands. Returns what each command said.
   */
  async setUp(): Promise<ReadonlyMap<string, string>> {
    const { lines, commands } = this.documented;
    const byHand = lines.slice(0, -3);
    await this.configure();
    this.#say(`wrote ${byHand.length} lines of configuration by hand`);
    const said = new Map<string, string>();
    for (const command of commands) {
      const { code, stdout, stderr } = await this.pool.try([
        "sh",
        "-c",
        command,
      ]);
      said.set(command, stdout + stderr);
      this.#say(`# ${command}: exit status ${code}`);
      if (code !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
    }
    return said;
  }

  /** Writes the lines of the page that no command writes, and more. */
  async configure(more = ""): Promise<void> {
    const byHand = this.documented.lines.slice(0, -3);
    await this.pool.machine.write(
      "/etc/condor/config.d/50-lumberjack",
      byHand.join("\n") + `\n${more}`,
    );
  }

  /** Submits a job that the page's constraint selects. Returns its cluster. */
  async submit(): Promise<number> {
    const constraint = knob(this.documented, "LUMBERJACK_ALCF_CONSTRAINT");
    const [, name, value] = /^(\w+) == (".*")$/.exec(constraint)!;
    const home = `/home/${submitter}`;
    await this.pool.machine.write(
      `${home}/job`,
      "#!/bin/sh\ncat input >result\nhostname\n",
      { user: submitter, mode: 0o755 },
    );
    await this.pool.machine.write(`${home}/input`, "of alice\n", {
      user: submitter,
    });
    const [cluster] = await this.pool.submit(
      `
      executable = job
      transfer_input_files = input
      transfer_output_files = result
      transfer_output_remaps = "result = result.$(Cluster)"
      output = out.$(Cluster)
      log = job.log
      should_transfer_files = YES
      request_memory = 16
      request_disk = 1
      My.${name} = ${value}
      queue
`,
      { user: submitter },
    );
    return cluster;
  }

  /** Where results lie that the site does not hand out yet. */
  readonly held = `${disk}/held`;

  /** Whether the site puts results where no pass finds them. */
  set holdsResults(holds: boolean) {
    this.#held = holds ? this.held : undefined;
  }

  /** Starts what the crontab of the site does: runs each bundle that has come. */
  startSite(): void {
    this.#atSite ??= this.#runSite().catch((error) =>
      this.#say(`SITE ${error}`)
    );
  }

  async #runSite(): Promise<void> {
    const done = new Set<string>();
    const { in: ship, out, spool } = this.places;
    while (!this.#isOver) {
      const { stdout } = await this.pool.machine.try(["ls", ship]);
      const bundle = stdout.split("\n").find((name) =>
        /^20\S+\.tar\.\w+$/.test(name) && !done.has(name)
      );
      const hasProgram =
        (await this.pool.machine.try(["test", "-x", siteExecutable])).code ===
          0;
      if (bundle === undefined || !hasProgram) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      done.add(bundle);
      const id = bundle.split(".")[0];
      const command = this.documented.runThere
        .replace("BUNDLE", `in/${bundle}`).replace("DIR", `${spool}/${id}`)
        .replace("ID", id).replace("--out out", `--out ${this.#held ?? "out"}`);
      const { code, stderr } = await this.pool.machine.try(
        ["sh", "-c", `${command} --cpus 2 --memory 512`],
        {
          user: siteUser,
          cwd: out.replace(/\/out$/, ""),
          env: { PATH: `${disk}/bin:${programs}:/usr/sbin` },
          timeout: 600,
        },
      );
      if (code !== 0) this.#say(`the site: ${command}: ${code}: ${stderr}`);
    }
  }

  /** Lets a pass begin now, as condor_reconfig does, and waits for its end. */
  async pass(): Promise<void> {
    const last = async () =>
      (await this.pool.sh("cat /var/lib/lumberjack/last_pass.json || :"))
        .match(/"at":\s*"([^"]*)"/)?.[1];
    const before = await last();
    await this.pool.run(["condor_reconfig"]);
    await until("a pass has ended", async () => await last() !== before, 90);
  }

  /**
   * Waits until a job is home, and returns its ad. Looks at its files. With
   * `isImpatient` passes begin at once.
   */
  async home(cluster: number, isImpatient = false): Promise<JobAd> {
    let ad: JobAd | undefined;
    await until(`job ${cluster}.0 is home`, async () => {
      [ad] = await this.pool.history(`ClusterId == ${cluster}`);
      if (isImpatient) await this.pool.run(["condor_reconfig"]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return ad !== undefined;
    }, 240);
    const { JobStatus, ExitCode, LumberjackState } = ad!;
    const found = [
      ...[JobStatus, ExitCode, LumberjackState],
      await this.pool.sh(
        `cat result.${cluster}; stat -c %U result.${cluster}`,
        {
          user: submitter,
        },
      ),
    ].join();
    if (found !== `4,0,home,of alice\n${submitter}\n`) {
      throw new Error(`job ${cluster}.0 came home as ${found}`);
    }
    return ad!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#atSite;
    await this.pool[Symbol.asyncDispose]();
  }
}

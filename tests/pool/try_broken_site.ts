/**
 * Breaks the site of docs/automation.md in one way after the other. Each time it
 * reads `lumberjack status`, looks whether that names the fault, does what status
 * says, with the commands that status shows, and waits until the job is home.
 *
 *     scripts/deno task try:broken-site [--root trixie|sid]     (needs dist/lumberjack)
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { DocumentedPool, siteExecutable } from "./documented_pool.ts";
import { type Root, until } from "./harness/mod.ts";
import { onChosenRoots } from "./try_roots.ts";

/** What `lumberjack status --json` says is stuck. */
interface Stuck {
  readonly what: string;
  readonly reason: string;
  readonly advice?: readonly string[];
  readonly commands: readonly string[];
}

/** A way in which a site breaks. */
interface Fault {
  /** What happens at night. */
  readonly name: string;
  /** When it happens: before the job leaves, while it is away, or after it has run. */
  readonly when: "leaving" | "away" | "results";
  /** Breaks the site. */
  readonly breaks: (site: DocumentedPool) => Promise<unknown>;
  /** What status has to name. */
  readonly says: RegExp;
  /** What is stuck: the site, if nothing is given. */
  readonly what?: RegExp;
  /** Does what status says. `text` is what it shows. */
  readonly mends: (site: DocumentedPool, text: string) => Promise<unknown>;
  /** Whether the site is told to be tried again, as status says. */
  readonly retries: boolean;
}

/** Returns the command that status shows, as the pattern finds it. */
function commandIn(text: string, pattern: RegExp): string {
  const command = pattern.exec(text)?.[1];
  assert(command !== undefined, `status shows no ${pattern}:\n${text}`);
  return command;
}

/** Types a command as root, and returns what it says. */
async function type(site: DocumentedPool, command: string): Promise<string> {
  const { stdout, stderr } = await site.pool.try(["sh", "-c", command]);
  return stdout + stderr;
}

const key = "~bob/.ssh/authorized_keys";

const faults: readonly Fault[] = [
  {
    name: "the site no longer takes the ssh key",
    when: "leaving",
    breaks: ({ pool }) => pool.sh(`mv ${key} ${key}.off`),
    says: /Permission denied \(.*does not take the key.*ssh-copy-id login/,
    async mends(site, text) {
      const attempt = commandIn(text, /then try: (ssh .* true)$/m);
      assertMatch(await type(site, attempt), /Permission denied/);
      // ssh-copy-id needs a password, which nobody has here.
      await site.pool.sh(`mv ${key}.off ${key}`);
      assertEquals(await type(site, attempt), "");
    },
    retries: true,
  },
  {
    name: "the host has another key",
    when: "leaving",
    async breaks(site) {
      await site.stopSshd();
      await site.pool.sh(
        "[ -e /opt/site/other ] || ssh-keygen -q -t ed25519 -N '' -f /opt/site/other",
      );
      await site.startSshd("/opt/site/other");
    },
    says: /Host key verification failed.*: compare the host's key with the one/,
    async mends(site, text) {
      const said = await type(
        site,
        commandIn(text, /as ssh says: (ssh \S+ true)$/m),
      );
      await type(site, commandIn(said, /^\s*(ssh-keygen -f .* -R .*?)\r?$/m));
    },
    retries: true,
  },
  {
    name: "the folder for bundles is gone",
    when: "leaving",
    breaks: ({ pool, places }) =>
      pool.sh(`rmdir ${places.in} || mv ${places.in} ${places.in}.old`),
    says: /No such file or directory.*: make the folder \(ssh \S+ mkdir -p/,
    mends: (site, text) =>
      type(site, commandIn(text, /make the folder \((ssh [^)]*)\)/)),
    retries: true,
  },
  {
    name: "the disk there is full",
    when: "leaving",
    breaks: ({ pool }) => pool.sh("cat /dev/zero >/lus/fill 2>/dev/null || :"),
    says: /No space left on device.*make room there: ssh \S+ df -h/,
    async mends(site, text) {
      const said = await type(
        site,
        commandIn(text, /make room there: (ssh .*)$/m),
      );
      assertMatch(said, /100% \/lus$/m);
      await site.pool.sh("rm /lus/fill");
    },
    retries: true,
  },
  {
    name: "the host does not answer",
    when: "away",
    breaks: (site) => site.stopSshd(),
    says: /Connection refused.*the host does not answer: ask the centre/,
    async mends(site, text) {
      const attempt = commandIn(text, /when this works: (ssh .* true)$/m);
      assertMatch(await type(site, attempt), /Connection refused/);
      await site.startSshd("/opt/site/other");
      assertEquals(await type(site, attempt), "");
    },
    retries: true,
  },
  {
    name: "the folder for results is gone",
    when: "results",
    async breaks(site) {
      await held(site);
      await site.pool.sh(`rm -rf ${site.places.out}`);
    },
    says: /fetch: rsync failed.*No such file or directory.*: make the folder/,
    async mends(site, text) {
      await type(site, commandIn(text, /make the folder \((ssh [^)]*)\)/));
      await handOut(site);
    },
    retries: true,
  },
  {
    name: "a bundle came back cut",
    when: "results",
    async breaks(site) {
      await site.pool.sh(`truncate -s -900 ${await held(site)}`);
      await handOut(site);
    },
    says: /import: \S+: .*(cut|damaged)/,
    async mends(site, text) {
      const verify = commandIn(text, /is it whole at the site\? (ssh .*)$/m);
      assertMatch(await type(site, verify), /cut|damaged/);
      await type(
        site,
        commandIn(text, /if not, pack it again there: (ssh .*)$/m),
      );
      assertNotMatch(await type(site, verify), /cut|damaged/);
    },
    // The next pass sees that the bundle was replaced.
    retries: false,
  },
  {
    name: "Lumberjack was removed at the site",
    when: "leaving",
    breaks: (site) =>
      site.pool.sh(`mv ${siteExecutable} ${siteExecutable}.off`),
    what: /^20\d+T\d+Z-/,
    says:
      /away for longer than RETURN_BY.*how many jobs have ended there\? ssh/s,
    async mends(site, text) {
      const ask = commandIn(
        text,
        /how many jobs have ended there\? (ssh .*)$/m,
      );
      assertMatch(await type(site, ask), /not found|No such file/);
      const check = commandIn(text, /^ +-> (lumberjack sites ALCF check)$/m);
      assertMatch(
        await type(site, check),
        /the remote executable was not found: .*put it into the PATH/,
      );
      await site.pool.sh(`mv ${siteExecutable}.off ${siteExecutable}`);
      assertMatch(await type(site, check), /has lumberjack \d/);
    },
    retries: false,
  },
];

/** Waits until the site has packed results, where no pass finds them. */
async function held({ pool, held }: DocumentedPool): Promise<string> {
  let names: string[] = [];
  await until("results are at the site", async () => {
    names = (await pool.sh(`ls ${held}`)).split("\n")
      .filter((name) => /^20.*\.tar/.test(name));
    return names.length > 0;
  }, 120);
  return `${held}/${names[0]}`;
}

/** Puts the results where passes find them. */
async function handOut({ pool, places, held }: DocumentedPool): Promise<void> {
  await pool.sh(`mv ${held}/20* ${places.out}`);
}

/** Breaks the site, reads status, mends the site, and waits for the job. */
async function tryFault(
  site: DocumentedPool,
  fault: Fault,
  say: (text: string) => void,
): Promise<void> {
  const { pool, places } = site;
  site.holdsResults = fault.when === "results";
  await pool.sh(`rm -f ${places.in}/20* ${places.out}/20*`);
  if (fault.when === "leaving") await fault.breaks(site);
  const cluster = await site.submit();
  if (fault.when !== "leaving") {
    await site.pass();
    await fault.breaks(site);
  }
  let stuck: Stuck | undefined;
  await until(`status names it: ${fault.name}`, async () => {
    await site.pass();
    const { stuck: all } = await pool.lumberjackJson<{ stuck: Stuck[] }>([
      "status",
    ]);
    stuck = all.find(({ what }) => (fault.what ?? /^ALCF$/).test(what));
    return stuck !== undefined;
  }, 90);
  const { reason, advice = [] } = stuck!;
  assertMatch([reason, ...advice].join("\n"), fault.says);
  const { stdout: text } = await pool.lumberjack(["status"]);
  assertMatch(text, fault.says);
  say(`status: ${reason}`);
  for (const line of advice) say(`        ${line}`);
  await fault.mends(site, text);
  if (fault.retries) {
    await type(site, commandIn(text, /^ +-> (lumberjack sites ALCF retry)$/m));
  }
  await site.home(cluster, true);
  await until("nothing is stuck", async () => {
    await site.pass();
    const { stuck } = await pool.lumberjackJson<{ stuck: Stuck[] }>(["status"]);
    return stuck.length === 0;
  }, 60);
  say(`mended: ${fault.name}; job ${cluster}.0 is home`);
}

async function tryBrokenSite(
  root: Root,
  say: (text: string) => void,
): Promise<void> {
  await using site = await DocumentedPool.start(root, say);
  await site.setUp();
  // A night is short here.
  await site.configure("LUMBERJACK_ALCF_RETURN_BY = 40\n");
  site.startSite();
  const failed: string[] = [];
  for (const fault of faults) {
    say(`--- ${fault.name}`);
    try {
      await tryFault(site, fault, say);
    } catch (error) {
      failed.push(fault.name);
      say(`FAILED: ${error instanceof Error ? error.message : error}`);
      say(
        await type(
          site,
          "lumberjack status; tail -n 20 /var/log/condor/LumberjackLog",
        ),
      );
      // The next fault needs a site that works.
      break;
    }
  }
  if (failed.length > 0) {
    throw new Error(`not understood: ${failed.join("; ")}`);
  }
  say(
    `${faults.length} faults were named, mended as status said, and all jobs came home`,
  );
}

if (import.meta.main) await onChosenRoots("try:broken-site", tryBrokenSite);

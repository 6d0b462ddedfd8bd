/**
 * The packages that the tests install, made from the executable in dist.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { version } from "../../lib/lumberjack/version.ts";
import { Pool, poolTest } from "../pool/harness/mod.ts";

const checkout = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** A version before the present one, for upgrades. */
export const earlier = "0.0.9";
export { version };

/** The executable that is packaged. */
export const executable = Deno.env.get("LUMBERJACK") ??
  join(checkout, "dist/lumberjack");

/**
 * Registers a test that installs packages. It needs the executable, which
 * scripts/test builds before; with CI=true a missing one is a failure.
 */
export function packageTest(
  name: string,
  run: (context: Deno.TestContext) => Promise<void>,
): void {
  if (Deno.env.get("CI") === "true" || exists(executable)) poolTest(name, run);
  else Deno.test.ignore(`${name} (skipped: no ${executable})`, () => {});
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Runs a script of scripts/, or of another checkout, and returns what it
 * printed.
 */
export async function script(
  name: string,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(
    resolve(checkout, "scripts", name),
    { args, stdin: "null" },
  ).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  return text.decode(stdout).trim();
}

/** The files that the earlier version has, and the present one has not. */
export const goneSince = [
  "/usr/share/doc/lumberjack/docs/gone.md",
  "/usr/share/lumberjack/hooks/condor.d/59-lumberjack-gone.conf",
];

/**
 * Makes packages of an earlier version in `out`: of a checkout with two more
 * files, and with another text in a unit.
 */
export async function makeEarlierPackages(
  out: string,
  kinds: readonly string[],
): Promise<void> {
  const before = await Deno.makeTempDir();
  try {
    await copyCheckout(before);
    const write = (name: string, text: string) =>
      Deno.writeTextFile(join(before, name), text);
    await write("docs/gone.md", "# Gone\n");
    await write("hooks/condor.d/59-lumberjack-gone.conf", "# Gone\n");
    const timer = "hooks/systemd/lumberjack.timer";
    const text = await Deno.readTextFile(join(before, timer));
    await write(timer, text + "# earlier\n");
    await makePackages(out, kinds, {
      ...{ level: 0, version: earlier, from: before },
    });
  } finally {
    await Deno.remove(before, { recursive: true });
  }
}

/** Copies what packages are made from. */
async function copyCheckout(to: string): Promise<void> {
  const folders = ["docs", "hooks", "lib", "scripts"];
  const { success } = await new Deno.Command("cp", {
    args: ["-a", "cli.ts", "deno.json", "deno.lock", "README.md"]
      .concat("CHANGELOG.md", "LICENSE", folders, to),
    cwd: checkout,
  }).output();
  assertEquals(success, true);
}

/**
 * What administrators write beside a package. A command for a shell that writes
 * it, and one that prints it.
 */
export const administrators = {
  write: `
    mkdir -p /etc/systemd/system/lumberjack.timer.d /etc/condor/config.d
    echo '[Timer]' >/etc/systemd/system/lumberjack.timer.d/local.conf
    echo 'LUMBERJACK_DIR =' >/etc/condor/config.d/60-lumberjack-local.conf
    echo data >/var/lib/lumberjack/data
    chown condor: /var/lib/lumberjack`,
  print: `
    cat /etc/systemd/system/lumberjack.timer.d/local.conf
    cat /etc/condor/config.d/60-lumberjack-local.conf /var/lib/lumberjack/data
    stat -c %U /var/lib/lumberjack`,
  text: "[Timer]\nLUMBERJACK_DIR =\ndata\ncondor\n",
};

/** Compares what an upgrade has left with what the new version has. */
export async function checkUpgrade(pool: Pool): Promise<void> {
  for (const path of goneSince) {
    assertEquals(await pool.machine.exists(path), false, path);
  }
  const timer = await pool.machine.read(
    "/usr/lib/systemd/system/lumberjack.timer",
  );
  assertEquals(timer.includes("# earlier"), false);
  assertEquals(await pool.sh(administrators.print), administrators.text);
}

/** Makes packages in `out`. Level 0 does not compress, 1 does it quickly. */
export function makePackages(
  out: string,
  kinds: readonly string[],
  options: {
    readonly level: number;
    readonly version?: string;
    /** The checkout; by default the one of the tests. */
    readonly from?: string;
  },
): Promise<string> {
  const version = options.version ? ["--version", options.version] : [];
  return script(
    join(options.from ?? checkout, "scripts/package"),
    ...kinds,
    ...["--executable", executable, "--out", out],
    ...["--level", String(options.level), ...version],
  );
}

/**
 * Starts a pool with three jobs of alice's. Only what a package installs is
 * Lumberjack there: the harness's own program is taken away.
 */
export async function freshPool(root: "trixie" | "packaging"): Promise<Pool> {
  const pool = await Pool.start({ root, slots: 0 });
  await pool.sh(`
    umount /usr/local/bin/lumberjack 2>/dev/null || true
    rm /usr/local/bin/lumberjack
    ! command -v lumberjack
  `);
  await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
  return pool;
}

/** Copies a file of this host into the pool's machine, as /tmp/NAME. */
export function bring(pool: Pool, path: string): void {
  const name = path.slice(path.lastIndexOf("/") + 1);
  Deno.copyFileSync(path, pool.machine.path(`/tmp/${name}`));
}

/** The bundle that the first jobs leave in. */
export const firstBundle = "/var/lib/lumberjack/first.tar.gz";

/** The two commands after which jobs have left. Returns what was said. */
export async function leave(pool: Pool): Promise<string> {
  const doctor = await pool.sh("lumberjack doctor");
  assertEquals(/FAILED/.test(doctor), false, doctor);
  const said = await pool.sh(
    `lumberjack export --constraint true --bundle ${firstBundle}`,
  );
  await pool.sh(`lumberjack bundle verify ${firstBundle}`);
  const away = await pool.sh(
    `condor_q -all -af Managed ManagedManager | sort | uniq -c`,
  );
  assertEquals(away.trim().replace(/\s+/g, " "), "3 External Lumberjack");
  return said;
}

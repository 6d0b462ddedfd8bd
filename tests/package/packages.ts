/**
 * The packages that the tests install, made from the executable in dist.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
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

/** Runs a script of scripts/ and returns what it printed. */
export async function script(
  name: string,
  ...args: string[]
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(
    join(checkout, "scripts", name),
    { args, stdin: "null" },
  ).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  return text.decode(stdout).trim();
}

/** Makes packages in `out`. Level 0 does not compress, 1 does it quickly. */
export function makePackages(
  out: string,
  kinds: readonly string[],
  options: { readonly level: number; readonly version?: string },
): Promise<string> {
  const version = options.version ? ["--version", options.version] : [];
  return script(
    "package",
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

/** The two commands after which jobs have left. Returns what was said. */
export async function leave(pool: Pool): Promise<string> {
  const doctor = await pool.sh("lumberjack doctor");
  assertEquals(/FAILED/.test(doctor), false, doctor);
  const out = "/var/lib/lumberjack/first";
  await pool.sh(`mkdir -p ${out}`);
  const said = await pool.sh(
    `lumberjack export --constraint true --out ${out} --remote-spool /scratch/spool`,
  );
  const away = await pool.sh(
    `condor_q -all -af Managed ManagedManager | sort | uniq -c`,
  );
  assertEquals(away.trim().replace(/\s+/g, " "), "3 External Lumberjack");
  return said;
}

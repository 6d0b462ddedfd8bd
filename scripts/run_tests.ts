/**
 * Does the work of scripts/test: runs checks, then tests, and prints a summary
 * line.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";

const checkout = dirname(dirname(fromFileUrl(import.meta.url)));
const deno = join(checkout, "scripts", "deno");

/**
 * Unit tests that ask HTCondor's library in the roots. They run after the roots
 * are built.
 */
const oracle = ["cost_oracle", "oracle", "spelling_oracle"]
  .map((name) => `tests/classad/${name}_test.ts`);

/** The systems with HTCondor, Apptainer and Slurm; scripts/roots builds them. */
const roots = ["trixie", "sid", "hpc"];

/** The tests and checks so far. */
const total = { passed: 0, failed: 0, skipped: 0 };
/** The names of failed tests. They are printed at the end. */
const failures: string[] = [];

function count(name: string, passed: boolean): void {
  if (passed) total.passed++;
  else {
    total.failed++;
    failures.push(name);
  }
}

function say(text: string): void {
  console.error(`\n--- ${text}`);
}

async function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<number> {
  const started = performance.now();
  const { code } = await new Deno.Command(command, {
    args,
    env,
    cwd: checkout,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  console.error(`    ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return code;
}

/** Runs a command and counts it as one test. */
async function check(
  name: string,
  command: string,
  ...args: string[]
): Promise<void> {
  say(name);
  count(name, await run(command, args) === 0);
}

/** Returns the files of the checkout, also those that are in no commit yet. */
async function projectFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: checkout,
  }).output();
  const names = new TextDecoder().decode(stdout).split("\0");
  const here = (name: string) => name !== "" && exists(join(checkout, name));
  return names.filter(here);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Checks that no file names a folder of the machine on which it was written,
 * because a checkout must work on every machine. Pool tests may name /root, the
 * home of root in the pools' machines.
 */
async function checkPaths(files: readonly string[]): Promise<void> {
  say("no file names a folder of one machine");
  let found = false;
  for (const name of files) {
    const text = await Deno.readTextFile(join(checkout, name));
    const folders = name.startsWith("tests/pool/") ? "work" : "work|root";
    const foreign = new RegExp(`(?<![\\w}.$*])/(?:${folders})/`);
    for (const [index, line] of text.split("\n").entries()) {
      if (!foreign.test(line)) continue;
      found = true;
      console.error(`${name}:${index + 1}: ${line.trim().slice(0, 120)}`);
    }
  }
  count("no file names a folder of one machine", !found);
}

/** Prints which test files took longest, so that one sees what to shorten. */
function sayTimes(xml: string): void {
  const seconds = new Map<string, number>();
  for (
    const [test] of xml.matchAll(/<testcase [^>]*>/g)
  ) {
    const file = /classname="([^"]*)"/.exec(test)?.[1] ?? "";
    const time = Number(/time="([^"]*)"/.exec(test)?.[1] ?? 0);
    seconds.set(file, (seconds.get(file) ?? 0) + time);
  }
  const longest = [...seconds].sort((a, b) => b[1] - a[1]).slice(0, 25);
  for (const [file, time] of longest) {
    console.error(`    ${time.toFixed(1).padStart(7)} s  ${file}`);
  }
}

/** Returns the results in a JUnit report of `deno test`. */
function readReport(
  xml: string,
): { failed: string[]; passed: number; skipped: string[] } {
  const failed: string[] = [], skipped: string[] = [];
  let passed = 0;
  for (
    const match of xml.matchAll(
      /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    const [, name, body = ""] = match;
    if (/<skipped/.test(body)) skipped.push(name);
    else if (/<(?:failure|error)/.test(body)) failed.push(name);
    else passed++;
  }
  return { failed, passed, skipped };
}

/** Runs `deno test` with these arguments and counts every test. */
async function test(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  say(name);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const flags = [
      "test",
      "--allow-all",
      "--no-check",
      `--junit-path=${report}`,
    ];
    const code = await run(deno, [...flags, ...args], env);
    const xml = await Deno.readTextFile(report);
    const { failed, passed, skipped } = readReport(xml);
    sayTimes(xml);
    total.passed += passed;
    total.skipped += skipped.length;
    for (const test of failed) count(`${name}: ${test}`, false);
    // The report does not have files that could not be loaded.
    if (code !== 0 && failed.length === 0) count(`${name}: did not run`, false);
    if (passed + failed.length + skipped.length === 0 && code === 0) {
      console.error("    no tests");
    }
  } finally {
    await Deno.remove(report);
  }
}

async function fast(): Promise<void> {
  const files = await projectFiles();
  const sources = files.filter((name) => name.endsWith(".ts"));
  const libraries = sources.filter((name) =>
    /^lib\/[^/]+\/mod\.ts$/.test(name)
  );
  await checkPaths(files);
  await check("format", deno, "fmt", "--check");
  await check("lint", deno, "lint", "--quiet");
  await check("types", deno, "check", "--quiet", ...sources);
  await check(
    "public symbols are documented",
    deno,
    "doc",
    "--lint",
    "mod.ts",
    ...libraries,
  );
  // Two processes, one for each core of a small machine. Threads of one process
  // (--parallel) would share its working folder, which some tests change.
  await Promise.all([unitsOfFiles(), otherUnits()]);
}

/** The longest unit tests: they kill, and have folders and child processes. */
const longUnits = ["export", "files", "import"]
  .map((name) => `tests/lumberjack/${name}`);

async function unitsOfFiles(): Promise<void> {
  await test("units of export, import and files", longUnits);
}

async function otherUnits(): Promise<void> {
  await test("examples in the documentation", [
    "--doc",
    "--permit-no-files",
    "mod.ts",
    "lib",
  ]);
  const elsewhere = ["tests/pool", "tests/package", ...oracle, ...longUnits];
  await test("other units", [`--ignore=${elsewhere.join()}`, "tests"]);
}

async function pool(): Promise<void> {
  say("roots with HTCondor");
  const ready = await run(join(checkout, "scripts", "roots"), roots);
  // Status 3: this machine can't build the roots. Each test that needs them
  // says that it is skipped.
  if (ready !== 0 && ready !== 3) count("roots with HTCondor", false);
  await test("ClassAds as HTCondor's own library has them", oracle);
  await check("the executable", join(checkout, "scripts", "build"));
  // The tools of packages: in a root of their own.
  if (ready === 0) {
    await check(
      "root with the tools of packages",
      join(checkout, "scripts/packaging/tools-root"),
    );
  }
  await test("packages", ["--parallel", "tests/package"], { DENO_JOBS: "2" });
  // Pools run the executable, because that is what users run. It has an older
  // runtime and narrower permissions than the sources; tests call the library
  // itself from source.
  await pools("pools, with the executable", {
    LUMBERJACK: join(checkout, "dist", "lumberjack"),
  });
}

async function pools(name: string, env: Record<string, string>): Promise<void> {
  // Daemons wait most of the time. But tests that race with a daemon need a
  // core at that moment, so only two test files run side by side.
  await test(name, ["--parallel", "tests/pool"], { ...env, DENO_JOBS: "2" });
}

/** Runs the pool tests again with the sources instead of the executable. */
async function source(): Promise<void> {
  await check("roots", join(checkout, "scripts", "roots"), ...roots);
  await pools("pools, from source", {});
}

const parts: Record<string, (() => Promise<void>)[]> = {
  all: [fast, pool],
  fast: [fast],
  pool: [pool],
  source: [source],
};
const part = Deno.args[0] ?? "all";
if (parts[part] === undefined) {
  const names = Object.keys(parts).join(", ");
  console.error(`scripts/test: no such part: ${part}: one of ${names}`);
  Deno.exit(2);
}
for (const run of parts[part]) await run();

const skippedFails = total.skipped > 0 && Deno.env.get("CI") === "true";
console.error("");
for (const name of failures) console.error(`FAILED ${name}`);
if (skippedFails) {
  console.error("FAILED skipped tests are failures with CI=true");
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
Deno.exit(total.failed > 0 || skippedFails ? 1 : 0);

/**
 * What scripts/package does.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseArgs } from "@std/cli/parse-args";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { makeArchive } from "./archive.ts";
import { makeDeb } from "./deb.ts";
import { type Kind, packagedFiles } from "./files.ts";
import { makeRpm } from "./rpm.ts";
import { npmPackages, spdxDocument } from "./sbom.ts";
import { ToolError } from "./tools.ts";
import { releaseOf } from "./version.ts";

const checkout = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
const makers = { deb: makeDeb, rpm: makeRpm, tar: makeArchive };

function fail(text: string): never {
  console.error(`scripts/package: ${text}`);
  Deno.exit(1);
}

const flags = parseArgs(Deno.args, {
  string: ["executable", "out", "version", "level"],
  default: { level: "6", out: join(checkout, "dist/packages") },
  unknown: (word: string) => {
    if (word.startsWith("-")) fail(`no such flag: ${word}`);
  },
});

const kinds: Kind[] = flags._.map((word: string | number) =>
  (["deb", "rpm", "tar"] as const).find((kind) => kind === word) ??
    fail(`no such package: ${word}: deb, rpm or tar`)
);
const level = Number(flags.level);
if (!(level >= 0 && level <= 9)) fail("--level is a number from 0 to 9");

const executable = flags.executable === undefined
  ? await build()
  : resolve(flags.executable);
const release = releaseOf(checkout, { version: flags.version });
const packages = await npmPackages(checkout);
const out = resolve(flags.out);
Deno.mkdirSync(out, { recursive: true });
const work = Deno.makeTempDirSync({ prefix: "lumberjack-package-" });
try {
  // The tools of a root run as another user's namespace: they must read it.
  Deno.chmodSync(work, 0o755);
  const names: string[] = [];
  for (
    const kind of kinds.length > 0 ? kinds : ["deb", "rpm", "tar"] as const
  ) {
    const sources = { checkout, executable, release, packages };
    const files = await packagedFiles(kind, sources);
    const name = await makers[kind]({ checkout, release, files, work, level });
    names.push(name);
    Deno.removeSync(join(work, kind), { recursive: true });
  }
  const sbom = `lumberjack-${release.version}-${release.machine}.spdx.json`;
  Deno.writeTextFileSync(
    join(work, sbom),
    spdxDocument(executable, packages, release),
  );
  names.push(sbom);
  const sums = names.map((name) => {
    const bytes = Deno.readFileSync(join(work, name));
    return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
  });
  Deno.writeTextFileSync(join(work, "SHA256SUMS"), sums.join(""));
  for (const name of [...names, "SHA256SUMS"]) {
    Deno.copyFileSync(join(work, name), join(out, name));
    console.log(join(out, name));
  }
} catch (error) {
  if (error instanceof ToolError) fail(error.message);
  throw error;
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function build(): Promise<string> {
  const { success } = await new Deno.Command(join(checkout, "scripts/build"), {
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) fail("scripts/build failed");
  return join(checkout, "dist/lumberjack");
}

/**
 * What scripts/release does.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { version } from "../../lib/lumberjack/version.ts";
import { runtimeVersion } from "./sbom.ts";
import { maintainer } from "./version.ts";

/** What a release is judged by. */
export interface Candidate {
  /** The version in lib/lumberjack/version.ts. */
  readonly version: string;
  /** The version in deno.json. */
  readonly packageVersion: string;
  /** Whom packages name for questions. */
  readonly maintainer: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
  /** The tags of the commit. */
  readonly tags: readonly string[];
  /** Files that differ from the commit. */
  readonly changed: readonly string[];
  /** The Deno that the project is developed with. */
  readonly deno: string;
  /** The Deno whose runtime is in the executable; undefined: not built yet. */
  readonly runtime: string | undefined;
}

/** Says what stands against publishing a release: one sentence each. */
export function objections(candidate: Candidate): string[] {
  const { version, packageVersion, changelog, tags, changed } = candidate;
  const { deno, runtime, maintainer } = candidate;
  const heading = /^## (.*)$/m.exec(changelog)?.[1] ?? "";
  const wrong: string[] = [];
  if (changed.length > 0) {
    wrong.push(`uncommitted changes: ${changed.join(", ")}`);
  }
  if (!tags.includes(`v${version}`)) {
    wrong.push(`the commit has no tag v${version}`);
  }
  if (packageVersion !== version) {
    wrong.push(`deno.json says ${packageVersion}, version.ts says ${version}`);
  }
  if (!/^\S+, \d{4}-\d{2}-\d{2}$/.test(heading)) {
    wrong.push(`the first heading of CHANGELOG.md has no date: ${heading}`);
  } else if (!heading.startsWith(`${version}, `)) {
    wrong.push(`the first heading of CHANGELOG.md is not of ${version}`);
  }
  if (!/^[^<>]+ <[^<>@\s]+@[^<>@\s]+>$/.test(maintainer)) {
    wrong.push(`scripts/packaging/maintainer is no address: ${maintainer}`);
  } else if (/\.invalid>$/.test(maintainer)) {
    wrong.push(`scripts/packaging/maintainer is a placeholder: ${maintainer}`);
  }
  if (runtime !== undefined && runtime !== deno) {
    wrong.push(
      `the executable has the runtime of Deno ${runtime}, not of ${deno}: ` +
        "the npm-only build is for tests, and is never released",
    );
  }
  return wrong;
}

/** The notes of a release: the first section of the changelog. */
export function notesOf(changelog: string): string {
  const [, , ...rest] = changelog.split(/^(?=## )/m)[1]?.split("\n") ?? [];
  return rest.join("\n").trim() + "\n";
}

const checkout = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, {
    args,
    cwd: checkout,
    stderr: "inherit",
  }).output();
  if (!success) fail([`${command} ${args.join(" ")} failed`]);
  return new TextDecoder().decode(stdout).trim();
}

function fail(reasons: readonly string[]): never {
  for (const reason of reasons) console.error(`scripts/release: ${reason}`);
  Deno.exit(1);
}

/** Builds the images for the remote side, and adds their checksums. */
async function buildImages(out: string): Promise<void> {
  const folder = `LUMBERJACK_IMAGE_DIR=${out}`;
  const image = join(checkout, "scripts/image");
  const stem = `lumberjack-${version}-${Deno.build.arch}`;
  for (
    const [kind, built, name] of [
      ["sif", "lumberjack.sif", `${stem}.sif`],
      ["oci", "lumberjack-oci.tar", `${stem}-oci.tar`],
    ]
  ) {
    await output("env", folder, image, kind);
    Deno.renameSync(join(out, built), join(out, name));
    const sum = 'cd "$1"; sha256sum "$2" >>SHA256SUMS';
    await output("sh", "-ec", sum, "sum", out, name);
  }
}

async function candidate(runtime?: string): Promise<Candidate> {
  const lines = (text: string) =>
    text.split("\n").filter((line) => line !== "");
  const read = (name: string) => Deno.readTextFileSync(join(checkout, name));
  return {
    version,
    packageVersion: JSON.parse(read("deno.json")).version,
    maintainer,
    changelog: read("CHANGELOG.md"),
    tags: lines(await output("git", "tag", "--points-at", "HEAD")),
    changed: lines(await output("git", "status", "--porcelain")),
    deno: Deno.version.deno,
    runtime,
  };
}

if (import.meta.main) {
  const before = objections(await candidate());
  if (before.length > 0) fail(before);
  if (Deno.args[0] === "--check") Deno.exit(0);
  await output(join(checkout, "scripts/build"));
  const executable = join(checkout, "dist/lumberjack");
  const runtime = runtimeVersion(Deno.readFileSync(executable));
  const after = objections(await candidate(runtime));
  if (after.length > 0) fail(after);
  const out = join(checkout, "dist/release");
  await output(
    join(checkout, "scripts/package"),
    ...["--executable", executable, "--out", out],
  );
  await buildImages(out);
  Deno.writeTextFileSync(
    join(out, "NOTES.md"),
    notesOf(Deno.readTextFileSync(join(checkout, "CHANGELOG.md"))),
  );
  console.log(out);
}

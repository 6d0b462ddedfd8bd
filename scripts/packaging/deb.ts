import { createHash } from "node:crypto";
import { join } from "@std/path";
import type { PackagedFile } from "./files.ts";
import { runTool } from "./tools.ts";
import { writeTree } from "./tree.ts";
import { debianArchitecture, maintainer, type Release } from "./version.ts";

/** What the packages say of themselves. */
export const summary =
  "move HTCondor jobs to HPC centres and bring their results back";

/** The longer text, in lines of at most 76 characters. */
export const description = [
  "Lumberjack moves jobs out of one HTCondor queue into another. The jobs run",
  "under a temporary schedd at a place that has no inbound network, no HTCondor",
  "and its own batch system, such as an HPC centre. Then they come home.",
];

/** How a package is made. */
export interface PackageRequest {
  readonly checkout: string;
  readonly release: Release;
  readonly files: readonly PackagedFile[];
  /** An empty folder to work in. */
  readonly work: string;
  /** How hard to compress: 1 to 9, or 0 for not at all. */
  readonly level: number;
}

/** Makes a .deb in `work`, and returns the name of the file. */
export async function makeDeb(request: PackageRequest): Promise<string> {
  const { checkout, release, files, work, level } = request;
  const tree = join(work, "deb");
  const scripts = ["postinst", "prerm", "postrm"].map((name) => ({
    path: `DEBIAN/${name}`,
    mode: 0o755,
    content: Deno.readFileSync(
      join(checkout, "scripts/packaging/debian", name),
    ),
  }));
  const control = text("DEBIAN/control", controlFile(release, files));
  const sums = text("DEBIAN/md5sums", md5sums(files));
  Deno.mkdirSync(tree);
  writeTree(tree, [...files, control, sums, ...scripts], release);
  const name = `lumberjack_${release.version}-1_${
    debianArchitecture(release)
  }.deb`;
  const options = ["--root-owner-group", ...compression(level)];
  await runTool(
    checkout,
    work,
    ["dpkg-deb", ...options, "--build", "deb", name],
    { SOURCE_DATE_EPOCH: String(release.epoch) },
  );
  return name;
}

/** Level 0 is for tests that only install a package. */
function compression(level: number): string[] {
  return level === 0 ? ["-Znone"] : ["-Zxz", `-z${level}`];
}

function controlFile(
  release: Release,
  files: readonly PackagedFile[],
): string {
  const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
  return [
    "Package: lumberjack",
    `Version: ${release.version}-1`,
    `Architecture: ${debianArchitecture(release)}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    "Depends: libc6 (>= 2.31), libgcc-s1",
    "Recommends: condor | htcondor",
    "Suggests: rsync, openssh-client, zstd",
    "Section: science",
    "Priority: optional",
    `Description: ${summary}`,
    ...description.map((line) => ` ${line}`),
    "",
  ].join("\n");
}

function md5sums(files: readonly PackagedFile[]): string {
  return files.map((file) => {
    const sum = createHash("md5").update(bytesOf(file)).digest("hex");
    return `${sum}  ${file.path}\n`;
  }).join("");
}

function sizeOf({ content }: PackagedFile): number {
  return content instanceof Uint8Array
    ? content.length
    : Deno.statSync(content.from).size;
}

/** The bytes of a packaged file. */
export function bytesOf({ content }: PackagedFile): Uint8Array {
  return content instanceof Uint8Array
    ? content
    : Deno.readFileSync(content.from);
}

function text(path: string, content: string): PackagedFile {
  return { path, mode: 0o644, content: new TextEncoder().encode(content) };
}

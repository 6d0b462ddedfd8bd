/**
 * The one list of what a package holds. The .deb, the .rpm and the .tar.gz are
 * made from it.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { join } from "@std/path";
import { describedVerbs } from "../../lib/commands/verbs.ts";
import { completionScript } from "../../lib/commands/completion.ts";
import { manPages } from "./man_page.ts";
import { type NpmPackage, thirdPartyLicenses } from "./sbom.ts";
import { dayOf, debianDate, maintainer, type Release } from "./version.ts";

/** The kinds of packages. */
export type Kind = "deb" | "rpm" | "tar";

/** One file of a package. */
export interface PackagedFile {
  /** Where it is installed, without the first slash. */
  readonly path: string;
  readonly mode: number;
  /** What is in it: bytes, or a file of the host. */
  readonly content: Uint8Array<ArrayBuffer> | { readonly from: string };
}

/** What the list is made from. */
export interface Sources {
  readonly checkout: string;
  /** The executable, as scripts/build made it. It is copied byte by byte. */
  readonly executable: string;
  readonly release: Release;
  /** What is compiled into the executable. */
  readonly packages: readonly NpmPackage[];
}

const doc = "usr/share/doc/lumberjack";

/** Returns the files of a package, sorted by path. */
export async function packagedFiles(
  kind: Kind,
  sources: Sources,
): Promise<readonly PackagedFile[]> {
  const { checkout, executable } = sources;
  const own = (path: string) =>
    Deno.readTextFileSync(join(checkout, "scripts/packaging", path));
  const files: PackagedFile[] = [
    { path: "usr/bin/lumberjack", mode: 0o755, content: { from: executable } },
    ...await manuals(sources),
    ...await completions(kind),
    ...hooks(checkout),
    ...examples(checkout),
    ...documents(checkout),
    text(`${doc}/copyright`, own("debian/copyright")),
    zipped(
      `${doc}/third-party-licenses.gz`,
      thirdPartyLicenses(sources.packages),
    ),
  ];
  // A home directory has no system's units, and Debian its own rules.
  if (kind !== "tar") files.push(...units(checkout));
  if (kind === "deb") {
    files.push(
      text(
        "usr/share/lintian/overrides/lumberjack",
        own("debian/lintian-overrides"),
      ),
      zipped(`${doc}/changelog.gz`, readText(checkout, "CHANGELOG.md")),
      zipped(`${doc}/changelog.Debian.gz`, debianChangelog(sources.release)),
    );
  } else {
    files.push(
      text(`${doc}/CHANGELOG.md`, readText(checkout, "CHANGELOG.md")),
      // Debian has the text of this licence once for all packages.
      text(`${doc}/LICENSE`, readText(checkout, "LICENSE")),
    );
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function manuals({ release }: Sources): Promise<PackagedFile[]> {
  const commands = await describedVerbs();
  const edition = { version: release.version, date: dayOf(release) };
  return manPages(commands, edition).map(({ file, text }) =>
    zipped(`usr/share/man/man${file.at(-1)}/${file}.gz`, text)
  );
}

/** Where each shell looks for the completion of a package. */
const completionPlaces = {
  bash: "usr/share/bash-completion/completions/lumberjack",
  zsh: "usr/share/zsh/site-functions/_lumberjack",
  fish: "usr/share/fish/vendor_completions.d/lumberjack.fish",
} as const;

async function completions(kind: Kind): Promise<PackagedFile[]> {
  const places = {
    ...completionPlaces,
    ...kind === "deb" &&
      { zsh: "usr/share/zsh/vendor-completions/_lumberjack" },
  };
  const shells = ["bash", "zsh", "fish"] as const;
  return await Promise.all(
    shells.map((shell) => text(places[shell], completionScript(shell))),
  );
}

/** What HTCondor's configuration names by its path: hooks/ without the units. */
function hooks(checkout: string): PackagedFile[] {
  const names = filesBelow(join(checkout, "hooks"))
    .filter((name) => !name.startsWith("systemd/"));
  return names.map((name) => {
    const from = join(checkout, "hooks", name);
    const isProgram = (Deno.statSync(from).mode! & 0o111) !== 0;
    return {
      path: `usr/share/lumberjack/hooks/${name}`,
      mode: isProgram ? 0o755 : 0o644,
      content: Deno.readFileSync(from),
    };
  });
}

function examples(checkout: string): PackagedFile[] {
  const folder = join(checkout, "scripts/packaging/examples");
  return filesBelow(folder).map((name) =>
    text(`${doc}/examples/${name}`, Deno.readTextFileSync(join(folder, name)))
  );
}

/** README.md and the pages of docs/, side by side as their links want it. */
function documents(checkout: string): PackagedFile[] {
  const pages = filesBelow(join(checkout, "docs")).map((name) =>
    text(`${doc}/docs/${name}`, readText(checkout, `docs/${name}`))
  );
  return [text(`${doc}/README.md`, readText(checkout, "README.md")), ...pages];
}

/**
 * The units of hooks/systemd, which a timer starts, and one that runs for ever.
 * None of them is switched on. Each service gets the same hardening.
 */
function units(checkout: string): PackagedFile[] {
  const hardening = Deno.readTextFileSync(
    join(checkout, "scripts/packaging/systemd/hardening"),
  );
  const folders = ["hooks/systemd", "scripts/packaging/systemd"];
  return folders.flatMap((folder) =>
    filesBelow(join(checkout, folder))
      .filter((name) => /\.(service|timer)$/.test(name))
      .map((name) => {
        const unit = readText(checkout, join(folder, name));
        const isService = name.endsWith(".service");
        return text(
          `usr/lib/systemd/system/${name}`,
          isService
            ? unit.replace("[Service]\n", `[Service]\n${hardening}\n`)
            : unit,
        );
      })
  );
}

function debianChangelog(release: Release): string {
  return [
    `lumberjack (${release.version}-1) unstable; urgency=medium`,
    "",
    "  * See /usr/share/doc/lumberjack/changelog.gz.",
    "",
    ` -- ${maintainer}  ${debianDate(release)}`,
    "",
  ].join("\n");
}

/** The files below a folder, at any depth, as paths relative to it. */
function filesBelow(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(join(folder, prefix))].flatMap((entry) => {
    const name = join(prefix, entry.name);
    if (entry.isDirectory) return filesBelow(folder, name);
    return entry.isFile ? [name] : [];
  }).sort();
}

function readText(checkout: string, name: string): string {
  return Deno.readTextFileSync(join(checkout, name));
}

function text(path: string, content: string): PackagedFile {
  return { path, mode: 0o644, content: new TextEncoder().encode(content) };
}

/** Without a time in the archive: the same bytes at every build. */
function zipped(path: string, content: string): PackagedFile {
  const bytes = Uint8Array.from(gzipSync(content, { level: 9 }));
  return { path, mode: 0o644, content: bytes };
}

import { dirname, join } from "@std/path";
import { description, type PackageRequest, summary } from "./deb.ts";
import type { PackagedFile } from "./files.ts";
import { runTool } from "./tools.ts";
import { writeTree } from "./tree.ts";
import { maintainer, type Release, rpmDate } from "./version.ts";

/** Makes an .rpm in `work`, and returns the name of the file. */
export async function makeRpm(request: PackageRequest): Promise<string> {
  const { checkout, release, files, work, level } = request;
  const tree = join(work, "rpm");
  Deno.mkdirSync(tree);
  writeTree(tree, files, release);
  const scriptlets = Deno.readTextFileSync(
    join(checkout, "scripts/packaging/rpm/scriptlets"),
  );
  Deno.writeTextFileSync(
    join(work, "lumberjack.spec"),
    specFile(release, files, scriptlets, level),
  );
  await runTool(
    checkout,
    work,
    [
      "sh",
      "-euc",
      // A folder of its own: what the host has configured must not matter. The
      // file list names every file, so nothing else can get in.
      'exec rpmbuild -bb --quiet --define "_topdir $PWD/top" ' +
      '--define "_rpmdir $PWD" --define "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" --define "tree $PWD/rpm" lumberjack.spec',
    ],
    { SOURCE_DATE_EPOCH: String(release.epoch) },
    "rpmbuild",
  );
  return `lumberjack-${release.version}-1.${release.machine}.rpm`;
}

function specFile(
  release: Release,
  files: readonly PackagedFile[],
  scriptlets: string,
  level: number,
): string {
  const listed = files.map(({ path, mode }) => {
    const kind = path.startsWith("usr/share/doc/") ? "%doc " : "";
    return `%attr(${mode.toString(8)}, root, root) ${kind}/${path}`;
  });
  // The folders that are ours, so that they go with the package.
  const folders = new Set<string>();
  for (const { path } of files) {
    for (
      let at = dirname(path);
      /\/lumberjack(\/|$)/.test(at);
      at = dirname(at)
    ) {
      folders.add(at);
    }
  }
  return [
    // brp-strip would cut the program off the runtime, and the other scripts
    // have nothing to do here.
    "%global __os_install_post %{nil}",
    "%global debug_package %{nil}",
    "%global _build_id_links none",
    `%global _binary_payload ${level === 0 ? "w.ufdio" : `w${level}.xzdio`}`,
    "%global source_date_epoch_from_changelog 0",
    "%global use_source_date_epoch_as_buildtime 1",
    "%global clamp_mtime_to_source_date_epoch 1",
    "%global _buildhost reproducible",
    "Name: lumberjack",
    `Version: ${release.version.replaceAll("-", "~")}`,
    "Release: 1",
    `Summary: ${summary}`,
    "License: Apache-2.0 AND MIT AND BSD-3-Clause",
    `Packager: ${maintainer}`,
    "AutoReqProv: no",
    "Requires: glibc",
    "Requires: libgcc",
    `%description`,
    ...description,
    "%install",
    'mkdir -p "%{buildroot}"',
    'cp -a "%{tree}/." "%{buildroot}/"',
    scriptlets,
    "%files",
    ...[...folders].map((folder) => `%dir /${folder}`),
    ...listed,
    "%changelog",
    `* ${rpmDate(release)} ${maintainer} - ${release.version}-1`,
    "- See CHANGELOG.md.",
    "",
  ].join("\n");
}

/**
 * The list of what is inside, as an SPDX 2.3 document.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { type Release } from "./version.ts";

/** A part of the executable. */
interface Part {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly locator: string;
  readonly location: string;
}

/** What `deno info` says about the program. */
interface ProgramInfo {
  /** The modules; those of npm packages name their package. */
  readonly modules: readonly { readonly npmPackage?: string }[];
  /** All packages of deno.lock, by name and version. */
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly dependencies: readonly string[];
      readonly localPath: string;
    }>
  >;
}

/** Returns the packages that the program imports, and those that they need. */
function importedPackages({ modules, npmPackages }: ProgramInfo) {
  const found = new Set<string>();
  const add = (key: string) => {
    if (found.has(key)) return;
    found.add(key);
    npmPackages[key].dependencies.forEach(add);
  };
  for (const { npmPackage } of modules) if (npmPackage) add(npmPackage);
  return [...found].sort().map((key) => npmPackages[key]);
}

/** An npm package of the executable, as its own files describe it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** The licence, as an SPDX expression. */
  readonly license: string;
  /** The text of the licence, if the package has it. */
  readonly text: string | undefined;
}

/**
 * Reads what the packages of the program say of their licences. They are in
 * Deno's cache when the executable has been built. Packages that only tests and
 * scripts import are not among them.
 */
export async function npmPackages(
  checkout: string,
): Promise<readonly NpmPackage[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "cli.ts"],
    cwd: checkout,
  }).output();
  const info: ProgramInfo = JSON.parse(new TextDecoder().decode(stdout));
  return importedPackages(info).map(({ name, version, localPath: folder }) => {
    if (!exists(folder)) {
      throw new Error(`${name}@${version} is not in the cache of Deno`);
    }
    const { license = "NOASSERTION" }: { license?: string } = JSON.parse(
      Deno.readTextFileSync(join(folder, "package.json")),
    );
    const file = [...Deno.readDirSync(folder)]
      .find(({ name }) => /^(licen[cs]e|copying)/i.test(name))?.name;
    const text = file && Deno.readTextFileSync(join(folder, file));
    return { name, version, license, text };
  });
}

/** The licences of all npm packages, for people. */
export function thirdPartyLicenses(packages: readonly NpmPackage[]): string {
  const rule = "-".repeat(78);
  return packages.map(({ name, version, license, text }) =>
    [`${name} ${version}: ${license}`, rule, text?.trim() ?? "", ""].join("\n")
  ).join("\n");
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Returns the document. The executable tells the version of its runtime. */
export function spdxDocument(
  executable: string,
  packages: readonly NpmPackage[],
  release: Release,
): string {
  const bytes = Deno.readFileSync(executable);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const parts: Part[] = [
    {
      name: "deno",
      version: runtimeVersion(bytes),
      license: "MIT",
      locator: "pkg:github/denoland/deno",
      location: "https://github.com/denoland/deno",
    },
    ...packages.map(({ name, version, license }) => ({
      ...{ name, version, license },
      locator: `pkg:npm/${name}@${version}`,
      location: "NOASSERTION",
    })),
  ];
  const created = new Date(release.epoch * 1000).toISOString()
    .replace(".000Z", "Z");
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `lumberjack-${release.version}-${release.machine}`,
    documentNamespace: `urn:lumberjack:${release.version}:${sha256}`,
    creationInfo: {
      created,
      creators: [`Tool: lumberjack-package-${release.version}`],
    },
    packages: [
      {
        ...described("lumberjack", release.version, "Apache-2.0"),
        SPDXID: "SPDXRef-lumberjack",
        downloadLocation: "NOASSERTION",
        checksums: [{ algorithm: "SHA256", checksumValue: sha256 }],
      },
      ...parts.map(({ name, version, license, locator, location }) => ({
        ...described(name, version, license),
        SPDXID: idOf(name),
        downloadLocation: location,
        externalRefs: [{
          referenceCategory: "PACKAGE-MANAGER",
          referenceType: "purl",
          referenceLocator: locator,
        }],
      })),
    ],
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-lumberjack"),
      ...parts.map(({ name }) =>
        relationship("SPDXRef-lumberjack", "CONTAINS", idOf(name))
      ),
    ],
  };
  return JSON.stringify(document, null, 2) + "\n";
}

function described(name: string, version: string, license: string) {
  return {
    name,
    versionInfo: version,
    filesAnalyzed: false,
    licenseConcluded: license,
    licenseDeclared: license,
    copyrightText: "NOASSERTION",
  };
}

function idOf(name: string): string {
  return `SPDXRef-${name.replace(/[^A-Za-z0-9.-]/g, "-")}`;
}

function relationship(from: string, type: string, to: string) {
  return {
    spdxElementId: from,
    relationshipType: type,
    relatedSpdxElement: to,
  };
}

/** The version of Deno that an executable carries as `Deno/VERSION`. */
export function runtimeVersion(executable: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(executable);
  return /Deno\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "unknown";
}

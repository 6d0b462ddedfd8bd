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

/** The npm packages that deno.lock names, with their licences. */
export const npmLicenses: Readonly<Record<string, string>> = {
  "b4a": "Apache-2.0",
  "bare-events": "Apache-2.0",
  "deno-std": "MIT",
  "events-universal": "Apache-2.0",
  "fast-fifo": "MIT",
  "streamx": "MIT",
  "tar-stream": "MIT",
  "text-decoder": "Apache-2.0",
};

/** The names and versions of the npm packages that deno.lock pins. */
export function lockedPackages(
  checkout: string,
): readonly { readonly name: string; readonly version: string }[] {
  const { npm }: { readonly npm: Record<string, unknown> } = JSON.parse(
    Deno.readTextFileSync(join(checkout, "deno.lock")),
  );
  return Object.keys(npm).map((key) => {
    const at = key.lastIndexOf("@");
    return { name: key.slice(0, at), version: key.slice(at + 1) };
  });
}

/** Returns the document. The executable tells the version of its runtime. */
export function spdxDocument(
  checkout: string,
  executable: string,
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
    ...lockedPackages(checkout).map(({ name, version }) => ({
      ...{ name, version },
      license: npmLicenses[name] ?? "NOASSERTION",
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

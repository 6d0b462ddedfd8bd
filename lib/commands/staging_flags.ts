import { dirname, resolve } from "@std/path";
import { loadConfig } from "../condor/mod.ts";
import type { Manifest } from "../lumberjack/export_dir/manifest.ts";
import { FileStaging } from "../lumberjack/files/stage/file_staging.ts";
import { isBundleName } from "../lumberjack/files/tree/compression.ts";
import { optionsOf } from "../lumberjack/files/stage/stage_options.ts";
import { type Flags, type FlagValues, UsageError } from "./command.ts";

/** The flags that say how the files of an export travel. */
export const stagingFlags: Flags = {
  stage: {
    type: "boolean",
    help: "the jobs' files travel too: DIR gets everything they need",
  },
  bundle: {
    type: "string",
    value: "FILE",
    help: "like --stage, all in one file: .tar, .tar.gz or .tar.zst",
  },
  "shared-fs": {
    type: "boolean",
    help: "the remote side sees the same files: Iwd and all paths stay",
  },
  "present-there": {
    type: "list",
    value: "PREFIX",
    help: "paths below these folders exist there and stay as they are",
  },
  "max-bytes": {
    type: "string",
    value: "N",
    help: "leave out jobs whose inputs are larger (K, M, G, T after N)",
  },
  "max-export-bytes": {
    type: "string",
    value: "N",
    help: "leave out jobs that would make the export larger than this",
  },
  credentials: {
    type: "boolean",
    help: "jobs that need credentials go too: the remote side has them",
  },
  set: {
    type: "list",
    value: "NAME=EXPR",
    help:
      "set this attribute in the ads that leave; the ads here do not change",
  },
  delete: {
    type: "list",
    value: "NAME",
    help: "remove this attribute from the ads that leave",
  },
};

/** The flags that make sense only with one of the first ones. */
const dependent = [
  "present-there",
  "max-bytes",
  "max-export-bytes",
  "credentials",
  "set",
  "delete",
];

/**
 * Returns what places the files of an export; undefined for an export that moves
 * ads only. The caller disposes of it. Throws {@linkcode UsageError} for flags
 * that contradict each other.
 */
export async function stagingOf(
  flags: FlagValues,
  progress: (text: string) => void,
): Promise<FileStaging | undefined> {
  const given = ["stage", "bundle", "shared-fs"].filter((name) =>
    flags.has(name)
  );
  if (given.length > 1) {
    throw new UsageError(`--${given[0]} and --${given[1]} exclude each other`, {
      remedy: "leave one of them out",
    });
  }
  if (given.length === 0) {
    const flag = dependent.find((name) => flags.has(name));
    if (flag === undefined) return undefined;
    throw new UsageError(`--${flag} is for an export with files`, {
      remedy: "add --stage, --bundle FILE or --shared-fs",
    });
  }
  if (flags.has("engine") && flags.string("engine") !== "direct") {
    throw new UsageError("the schedd's own export moves no files", {
      remedy: "leave out --engine",
    });
  }
  return new FileStaging({
    mode: flags.has("shared-fs") ? "shared-fs" : "stage",
    bundle: bundleOf(flags),
    presentThere: flags.list("present-there"),
    mostJobBytes: bytesOf(flags, "max-bytes"),
    mostExportBytes: bytesOf(flags, "max-export-bytes"),
    credentials: flags.boolean("credentials"),
    set: flags.list("set").map(settingOf),
    deleted: flags.list("delete"),
    spool: await homeSpool(flags),
  }, progress);
}

/** The bundle that the export goes into, absolute; undefined if none does. */
export function bundleOf(flags: FlagValues): string | undefined {
  const bundle = flags.string("bundle");
  if (bundle === undefined) return undefined;
  if (isBundleName(bundle)) return resolve(bundle);
  throw new UsageError("the name of a bundle says how it is compressed", {
    subject: bundle,
    remedy: "let it end in .tar, .tar.gz or .tar.zst",
  });
}

/**
 * Returns what places the files of an export as they were placed before. If
 * `stack` is given, it disposes of that.
 */
export async function stagingAgain(
  flags: FlagValues,
  stack?: AsyncDisposableStack,
): Promise<(manifest: Manifest) => FileStaging | undefined> {
  const spool = await homeSpool(flags);
  return ({ files }) => {
    if (files === undefined) return undefined;
    const staging = new FileStaging(optionsOf(files, spool));
    return stack?.use(staging) ?? staging;
  };
}

/**
 * SPOOL of the schedd that has the jobs: the folder of the queue log, or what
 * this host's configuration says. Undefined for a schedd elsewhere.
 */
export async function homeSpool(
  flags: FlagValues,
): Promise<string | undefined> {
  const queue = flags.string("queue");
  if (queue !== undefined) return dirname(resolve(queue));
  if (["name", "pool", "schedd-constraint"].some((name) => flags.has(name))) {
    return undefined;
  }
  return (await loadConfig()).get("SPOOL");
}

function settingOf(text: string): { name: string; value: string } {
  const equals = text.indexOf("=");
  if (equals > 0) {
    const name = text.slice(0, equals).trim();
    return { name, value: text.slice(equals + 1).trim() };
  }
  throw new UsageError("--set wants NAME=EXPRESSION", {
    subject: text,
    remedy: "write --set 'Requirements=true'",
  });
}

/** The suffixes of a number of bytes. Each is a power of 1024. */
const units = "KMGT";

/** Returns the number of bytes that a flag gives; undefined without it. */
export function bytesOf(flags: FlagValues, name: string): number | undefined {
  const text = flags.string(name);
  if (text === undefined) return undefined;
  const match = /^(\d{1,15})([KMGT]?)B?$/i.exec(text.trim());
  if (match === null) {
    throw new UsageError(`--${name} wants a number of bytes`, {
      subject: text,
      remedy: `write --${name} 500M`,
    });
  }
  const unit = match[2] === "" ? 0 : units.indexOf(match[2].toUpperCase()) + 1;
  return Number(match[1]) * 1024 ** unit;
}

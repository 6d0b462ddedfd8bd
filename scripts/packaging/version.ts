/**
 * What is packaged: the version, the time and the kind of machine.
 *
 * @module
 */
import { version } from "../../lib/lumberjack/version.ts";

/**
 * The address that packages name for questions: `NAME <ADDRESS>`. Write yours
 * into this file before you publish packages.
 */
export const maintainer = Deno.readTextFileSync(
  new URL("maintainer", import.meta.url),
).trim();

/** One release, or a build of one. */
export interface Release {
  /** The version of Lumberjack, from lib/lumberjack/version.ts. */
  readonly version: string;
  /** Seconds since 1970: the time that every file and archive carries. */
  readonly epoch: number;
  /** The machine, as `uname -m` names it. */
  readonly machine: string;
}

/** Debian's names for machines. */
const debianNames: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
};

/** Debian's name for the machine of a release. */
export function debianArchitecture({ machine }: Release): string {
  const name = debianNames[machine];
  if (name === undefined) throw new Error(`no package for ${machine}`);
  return name;
}

/** The day of the release in UTC, `YYYY-MM-DD`. */
export function dayOf({ epoch }: Release): string {
  return new Date(epoch * 1000).toISOString().slice(0, 10);
}

/** Three letters each, as changelogs write days and months. */
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** The time as a Debian changelog has it: `Mon, 30 Nov 2026 08:00:00 +0000`. */
export function debianDate({ epoch }: Release): string {
  const date = new Date(epoch * 1000);
  const day = String(date.getUTCDate()).padStart(2, "0");
  const time = date.toISOString().slice(11, 19);
  return `${days[date.getUTCDay()]}, ${day} ${
    months[date.getUTCMonth()]
  } ${date.getUTCFullYear()} ${time} +0000`;
}

/** The time as an RPM changelog has it: `Mon Nov 30 2026`. */
export function rpmDate({ epoch }: Release): string {
  const date = new Date(epoch * 1000);
  const day = String(date.getUTCDate()).padStart(2, "0");
  return `${days[date.getUTCDay()]} ${
    months[date.getUTCMonth()]
  } ${day} ${date.getUTCFullYear()}`;
}

/**
 * The release that this checkout makes. The time is SOURCE_DATE_EPOCH, else that
 * of the last commit, else 0: never the clock's, so that two builds are equal.
 */
export function releaseOf(
  checkout: string,
  options: { readonly version?: string } = {},
): Release {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  const epoch = Number(given ?? lastCommit(checkout) ?? 0);
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${given}`);
  }
  const machine = Deno.build.arch;
  return { version: options.version ?? version, epoch, machine };
}

function lastCommit(checkout: string): string | undefined {
  try {
    const { success, stdout } = new Deno.Command("git", {
      args: ["log", "-1", "--format=%ct"],
      cwd: checkout,
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

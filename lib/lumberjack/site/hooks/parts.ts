/**
 * The parts that `hooks install` can write, from the files in hooks/.
 *
 * @module
 */
import { ownFolder } from "../../own_files.ts";
import { join } from "@std/path";
import { shellWord } from "../../shell_word.ts";

/** A part: who runs passes, or how the Job Router is used. */
export type PartName = "cron" | "master" | "edit" | "copy";

/** A part of the configuration. */
export interface Part {
  /** Its file in hooks/condor.d. */
  readonly snippet: string;
  /** Its scripts in hooks/job_router. */
  readonly scripts: readonly string[];
  /** The parts that cannot be installed beside this one. */
  readonly excludes: readonly PartName[];
}

/** The parts by their names. */
export const parts: Readonly<Record<PartName, Part>> = {
  cron: {
    snippet: "60-lumberjack-cron.conf",
    scripts: [],
    excludes: [],
  },
  master: {
    snippet: "60-lumberjack-master.conf",
    scripts: [],
    excludes: [],
  },
  edit: {
    snippet: "61-lumberjack-edit.conf",
    scripts: [],
    excludes: ["copy"],
  },
  copy: {
    snippet: "61-lumberjack-copy.conf",
    scripts: ["translate", "update", "finalize", "cleanup"],
    excludes: ["edit"],
  },
};

/** The names of the parts. */
export const partNames = Object.keys(parts) as PartName[];

/** What the files in hooks/ are filled with. */
export interface PartValues {
  /** The path of Lumberjack's executable. */
  readonly program: string;
  /** The folder that the scripts go to. */
  readonly scriptFolder: string;
  /** The sites, for the routes. */
  readonly sites: readonly {
    readonly name: string;
    readonly maxJobs: number;
  }[];
  /** Which jobs a route takes; `SITE` stands for the site's name. */
  readonly jobs: string;
}

/** Which jobs a route takes, unless the administrator says otherwise. */
export const usualJobs = 'DESIRED_Sites == "SITE"';

const source = ownFolder("hooks");

/** Returns a snippet for HTCondor's configuration. */
export function snippetText(part: PartName, values: PartValues): string {
  const { snippet } = parts[part];
  const { program, scriptFolder, sites, jobs } = values;
  return Deno.readTextFileSync(new URL(`condor.d/${snippet}`, source))
    .replace(
      /^# @each-site\n([^]*?)^# @end-site\n/m,
      (_, lines: string) =>
        sites.map(({ name, maxJobs }) =>
          "\n" + lines
            .replace('DESIRED_Sites == "ALCF"', () => jobs)
            .replaceAll(/ALCF|\bSITE\b/g, name)
            .replaceAll("10000", String(maxJobs))
        ).join(""),
    )
    .replaceAll("/usr/bin/lumberjack", () => program)
    .replaceAll("/usr/libexec/condor/lumberjack", () => scriptFolder);
}

/** Returns a script for the Job Router. */
function scriptText(name: string, { program }: PartValues): string {
  return Deno.readTextFileSync(new URL(`job_router/${name}`, source))
    .replace("exec lumberjack ", () => `exec ${shellWord(program)} `);
}

/** Returns the files of a part: paths and contents, without the mark. */
export function filesOfPart(
  part: PartName,
  configFolder: string,
  values: PartValues,
): { readonly path: string; readonly text: string; readonly mode: number }[] {
  return [
    ...parts[part].scripts.map((name) => ({
      path: join(values.scriptFolder, name),
      text: scriptText(name, values),
      mode: 0o755,
    })),
    {
      path: join(configFolder, parts[part].snippet),
      text: snippetText(part, values),
      mode: 0o644,
    },
  ];
}

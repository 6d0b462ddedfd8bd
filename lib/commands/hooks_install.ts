import {
  type FileStep,
  installHooks,
  removeHooks,
} from "../lumberjack/site/hooks/install.ts";
import {
  type PartName,
  partNames,
  parts,
  usualJobs,
} from "../lumberjack/site/hooks/parts.ts";
import { findPlaces, ownProgram } from "../lumberjack/site/hooks/places.ts";
import { LumberjackError } from "../lumberjack/error.ts";
import { loadSites } from "../lumberjack/site/read_sites.ts";
import { Selection } from "../lumberjack/job/selection.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";

/** What `--json` prints. */
export interface Json {
  /** Whether nothing was changed. */
  readonly dryRun: boolean;
  /** What was done with each file and folder. */
  readonly steps: readonly FileStep[];
}

/** `lumberjack hooks install` */
export const command: Command = {
  name: "hooks install",
  usage: ["hooks install [cron|master|edit|copy ...]", "hooks install --undo"],
  description:
    "Writes snippets into the folder of HTCondor's configuration (LOCAL_CONFIG_DIR), and\n" +
    "shows each line that changes:\n" +
    "  cron    SCHEDD_CRON runs the passes (this is what you get if you name nothing)\n" +
    "  master  condor_master runs the passes, as root: in a pool of root, take this\n" +
    "  edit    the Job Router writes LumberjackSite into jobs, in place\n" +
    "  copy    the Job Router makes copies, and hooks stage the files as the job's owner\n" +
    "edit and copy have a route for each site of LUMBERJACK_SITES. Then run\n" +
    "condor_reconfig (for cron: condor_restart -schedd), and lumberjack hooks check.\n" +
    "Repeating the command does no harm.",
  flags: {
    "dry-run": {
      type: "boolean",
      aliases: ["n"],
      help: "show what would change, and change nothing",
    },
    undo: {
      type: "boolean",
      help: "remove the files that hooks install has written",
    },
    jobs: {
      type: "string",
      value: "EXPR",
      help:
        `which jobs a route takes; SITE stands for the site's name (default: ${usualJobs})`,
    },
    force: {
      type: "boolean",
      help: "replace files that were changed by hand; they stay as NAME~",
    },
    "config-dir": {
      type: "string",
      value: "DIR",
      help:
        "the folder for snippets (default: the last one of LOCAL_CONFIG_DIR)",
    },
    "script-dir": {
      type: "string",
      value: "DIR",
      help: "the folder for the hooks' scripts (default: LIBEXEC/lumberjack)",
    },
  },
  examples: [
    {
      does: "what would change, if SCHEDD_CRON runs the passes",
      line: "lumberjack hooks install --dry-run",
    },
    {
      does: "the Job Router chooses the site",
      line:
        "lumberjack hooks install cron edit --jobs 'DESIRED_Sites == \"SITE\"'",
    },
    { does: "take everything away", line: "lumberjack hooks install --undo" },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const dryRun = flags.boolean("dry-run"), force = flags.boolean("force");
    const chosen = partsOf(args, flags);
    const { sites, folder } = await loadSites();
    const places = await findPlaces({
      configFolder: flags.string("config-dir"),
      scriptFolder: flags.string("script-dir"),
      lumberjackFolder: folder,
    }, chosen.includes("master"));
    const steps = flags.boolean("undo")
      ? removeHooks(places, { dryRun, force })
      : installHooks({
        ...{ parts: chosen, places, dryRun, force },
        values: {
          program: ownProgram(),
          scriptFolder: places.scriptFolder,
          sites: requireSites(chosen, sites),
          jobs: jobsOf(flags),
        },
      });
    if (terminal.json) terminal.printJson<Json>({ dryRun, steps });
    else print(steps, dryRun, terminal);
    return steps.some(({ action }) => action === "kept")
      ? ExitStatus.partial
      : ExitStatus.done;
  },
};

function partsOf(args: readonly string[], flags: FlagValues): PartName[] {
  if (flags.boolean("undo")) {
    if (args.length === 0) return [];
    throw new UsageError("--undo removes all parts", {
      subject: args.join(" "),
      remedy: "name no part",
    });
  }
  const wrong = args.find((arg) => !partNames.some((name) => name === arg));
  if (wrong !== undefined) {
    throw new UsageError("not a part that can be installed", {
      subject: wrong,
      remedy: `name some of ${partNames.join(", ")}`,
    });
  }
  const names = args.length === 0
    ? ["cron" as const]
    : partNames.filter((name) => args.includes(name));
  for (const name of names) {
    const other = parts[name].excludes.find((other) => names.includes(other));
    if (other === undefined) continue;
    throw new UsageError("these parts exclude each other", {
      subject: `${name} and ${other}`,
      remedy: "name one of them",
    });
  }
  return names;
}

/** A route is for a site, so there has to be one. */
function requireSites<Site>(
  chosen: readonly PartName[],
  sites: readonly Site[],
): readonly Site[] {
  const needsSites = chosen.includes("edit") || chosen.includes("copy");
  if (!needsSites || sites.length > 0) return sites;
  throw new LumberjackError(
    "no site is in force, and a route leads to a site",
    {
      remedy:
        "set LUMBERJACK_SITES; lumberjack sites says what is wrong with them",
    },
  );
}

function jobsOf(flags: FlagValues): string {
  const jobs = flags.string("jobs") ?? usualJobs;
  if (/[\n\r]|\$[({]/.test(jobs)) {
    throw new UsageError("a route's jobs are one line, without macros", {
      subject: jobs,
      remedy: "write a ClassAd expression",
    });
  }
  new Selection({ constraint: jobs });
  return jobs;
}

const words: Readonly<Record<FileStep["action"], string>> = {
  write: "write",
  replace: "replace",
  remove: "remove",
  unchanged: "unchanged",
  kept: "kept: it was changed by hand, or is not ours (--force replaces it)",
  make: "make the folder",
};

function print(
  steps: readonly FileStep[],
  dryRun: boolean,
  terminal: Terminal,
): void {
  for (const { path, action, diff } of steps) {
    terminal.line(`${path}: ${words[action]}`);
    for (const line of diff) terminal.line(`  ${line}`);
  }
  const changes = steps.filter(({ action }) =>
    action !== "unchanged" && action !== "kept"
  );
  if (changes.length === 0) terminal.message("nothing changes");
  else if (dryRun) terminal.message("dry run: nothing was changed");
  else {
    const isCron = changes.some(({ path }) => path.endsWith("-cron.conf"));
    terminal.message(
      (isCron
        ? "run condor_restart -schedd (a schedd reads SCHEDD_CRON only when it starts)"
        : "run condor_reconfig") + ", then lumberjack hooks check",
    );
  }
}

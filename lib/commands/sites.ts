import { checkSites, type SiteStep } from "../lumberjack/site/check_sites.ts";
import { type RetriedSite, retrySites } from "../lumberjack/site/retry_site.ts";
import {
  reportSites,
  type SitesReport,
  type SiteSummary,
} from "../lumberjack/site/sites_report.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import { openQueue, queueFlags } from "./queue_flags.ts";
import { count } from "./report.ts";

/** What `--json` prints: alone, with `check`, or with `retry`. */
export type Json = SitesReport | Checked | Retried;

/** What a check of the sites found. */
interface Checked {
  /** Whether every step worked. */
  readonly ok: boolean;
  /** What was tried, site by site. */
  readonly steps: readonly SiteStep[];
}

/** The sites that the next pass tries again. */
interface Retried {
  /** The sites, with what was wrong. */
  readonly sites: readonly RetriedSite[];
}

/** `lumberjack sites` */
export const command: Command = {
  name: "sites",
  usage: ["sites [NAME]", "sites [NAME] check", "sites [NAME] retry"],
  description:
    "Reads the knobs LUMBERJACK_SITES and LUMBERJACK_<SITE>_... as HTCondor reads them.\n" +
    "A site with a wrong knob is not used until the knob is corrected: the message\n" +
    "names the knob, its value, and the file and line where it is set.\n" +
    "check goes the whole way to each site without a job: it reaches the host, writes a\n" +
    "file and reads it back, and finds the remote executable. Run it as the user as whom\n" +
    "the passes run. retry lets the next pass try a site that has failed.",
  flags: queueFlags,
  examples: [
    { does: "all sites", line: "lumberjack sites" },
    { does: "one site", line: "lumberjack sites ALCF" },
    { does: "the way to one site", line: "lumberjack sites ALCF check" },
    {
      does: "try it at the next pass, when it is mended",
      line: "lumberjack sites ALCF retry",
    },
  ],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const { name, action } = parseArguments(args);
    if (action === "check") return await check(name, terminal);
    if (action === "retry") return await retry(name, terminal);
    const queue = await openQueue(flags, { changes: false });
    try {
      const report = await reportSites(queue, name);
      if (terminal.json) terminal.printJson<SitesReport>(report);
      else print(report, terminal);
      const { sites, problems } = report;
      if (problems.length > 0) return ExitStatus.partial;
      return sites.length > 0 ? ExitStatus.done : ExitStatus.nothingMatched;
    } finally {
      await queue.close();
    }
  },
};

const actions = ["check", "retry"];

function parseArguments(args: readonly string[]): {
  readonly name: string | undefined;
  readonly action: string | undefined;
} {
  // The action comes last, or first: `sites retry ALCF` can only mean one thing.
  const at = [args.length - 1, 0].find((place) =>
    actions.includes(args[place])
  );
  const action = at === undefined ? undefined : args[at];
  const names = at === undefined ? args : args.toSpliced(at, 1);
  if (names.length <= 1) return { name: names[0], action };
  throw new UsageError("unexpected arguments", {
    subject: names.slice(1).join(" "),
    remedy: "write lumberjack sites [NAME] [check|retry]",
  });
}

async function retry(
  name: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const sites = await retrySites(name);
  if (terminal.json) terminal.printJson<Retried>({ sites });
  else {
    for (const { site, problem } of sites) {
      terminal.line(
        problem === undefined
          ? `${site}: nothing is wrong`
          : `${site}: the next pass tries it again (it was: ${problem})`,
      );
    }
  }
  return ExitStatus.done;
}

async function check(
  name: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const steps: SiteStep[] = [];
  for await (const step of checkSites(name)) {
    steps.push(step);
    if (terminal.json) continue;
    const { site, ok, message } = step;
    terminal.line(`${ok ? "ok     " : "FAILED "} ${site}: ${message}`);
    terminal.flush();
  }
  const ok = steps.every(({ ok }) => ok);
  if (terminal.json) terminal.printJson<Checked>({ ok, steps });
  if (steps.length === 0) {
    terminal.message(
      name === undefined
        ? "no site is configured: set LUMBERJACK_SITES"
        : `${name} is not in LUMBERJACK_SITES`,
    );
    return ExitStatus.nothingMatched;
  }
  return ok ? ExitStatus.done : ExitStatus.failed;
}

function print({ sites, problems }: SitesReport, terminal: Terminal): void {
  for (const site of sites) printSite(site, terminal);
  for (const { site, knob, message, remedy } of problems) {
    if (site !== undefined) terminal.line(`${site}: not in force`);
    terminal.line(`  ${knob}`);
    terminal.line(`  ${message}: ${remedy}`);
  }
  if (sites.length + problems.length === 0) {
    terminal.message("no site is configured: set LUMBERJACK_SITES");
  }
}

function printSite(
  { site, matched, ready, staying, remarks }: SiteSummary,
  terminal: Terminal,
): void {
  terminal.line(`${site.name}: ${site.enabled ? "in force" : "not enabled"}`);
  terminal.line(`  ${site.constraint}`);
  terminal.line(`  ${count(matched, "job")} match, ${ready} may go now`);
  for (const [reason, jobs] of Object.entries(staying)) {
    terminal.line(`  ${count(jobs, "job")} stay: ${reason}`);
  }
  for (const { knob, message, remedy } of remarks) {
    terminal.line(`  note: ${knob}: ${message}: ${remedy}`);
  }
}

/**
 * Have the daemons read the configuration as it is on the disk?
 *
 * @module
 */
import { quote } from "../../../classad/mod.ts";
import { readLastPass } from "../../site/journal/last_pass.ts";
import { ok, type Tell, warning } from "../doctor/finding.ts";
import type { HooksSubject } from "./subject.ts";
import { askCondor } from "./ask.ts";
import { listed } from "./passes.ts";

/** The daemons that matter, by `MyType`. */
const kinds: Readonly<Record<string, string>> = {
  DaemonMaster: "condor_master",
  Scheduler: "condor_schedd",
  Job_Router: "condor_job_router",
};

/** Compares the daemons' memory with the files, by time and by value. */
export async function examineDaemons(
  { config, knobs, folder }: HooksSubject,
  tell: Tell,
): Promise<void> {
  const newest = newestFile(await askCondor("condor_config_val", ["-config"]));
  const daemons = await readDaemons(config.get("FULL_HOSTNAME") ?? "");
  const stale = new Set<string>();
  for (const { daemon, readAt } of daemons) {
    if (newest === undefined || readAt >= newest.changedAt) continue;
    stale.add(daemon);
    tell({
      ...{ check: "daemons", state: "failed" },
      message:
        `${daemon} has read its configuration at ${clock(readAt)}, and ` +
        `${newest.path} was changed at ${clock(newest.changedAt)}`,
      remedy: "run condor_reconfig",
    });
  }
  for (const [daemon, flag, knob] of asked) {
    if (stale.has(daemon)) continue;
    const here = knobs.get(knob)?.value;
    const there = await askCondor("condor_config_val", [flag, knob]);
    if (there === undefined || here === undefined) continue;
    if (listed(there).join() === listed(here).join()) continue;
    stale.add(daemon);
    tell({
      ...{ check: "daemons", state: "failed" },
      message:
        `${daemon} has ${knob} = ${there.trim()}, and the files say ${here}`,
      remedy: "run condor_reconfig",
    });
  }
  const last = folder === undefined ? undefined : readLastPass(folder);
  const lastPass = last && Date.parse(last.at) / 1000;
  examineScheddCron(daemons, { knobs, lastPass }, (finding) => {
    stale.add("condor_schedd");
    tell(finding);
  });
  for (const { daemon } of daemons) {
    if (!stale.has(daemon)) {
      tell(ok("daemons", `${daemon} has read the configuration`));
    }
  }
  examineMissing(daemons, knobs, tell);
}

const asked = [
  ["condor_master", "-master", "DAEMON_LIST"],
  ["condor_schedd", "-schedd", "SCHEDD_CRON_JOBLIST"],
] as const;

/**
 * A schedd reads the knobs of SCHEDD_CRON when it starts, and never again
 * (Scheduler::Init in condor_schedd.V6/schedd.cpp). A pass that has ended after
 * the file was changed (`lastPass`, in seconds since 1970) shows that all is well.
 */
export function examineScheddCron(
  daemons: readonly DaemonRead[],
  { knobs, lastPass = 0 }: {
    readonly knobs: HooksSubject["knobs"];
    readonly lastPass?: number;
  },
  tell: Tell,
): void {
  const runsPasses = [...knobs].some(([name, { value }]) =>
    /^SCHEDD_CRON_.*_ARGS$/.test(name) && /\bcron\b/.test(value)
  );
  if (!runsPasses) return;
  const place = knobs.get("SCHEDD_CRON_JOBLIST")?.place ?? "";
  const changed = newestFile(place.split(", ")[0]);
  const schedd = daemons.find(({ daemon }) => daemon === "condor_schedd");
  if (schedd === undefined || changed === undefined) return;
  if (Math.max(schedd.startedAt, lastPass) >= changed.changedAt) return;
  tell({
    ...{ check: "daemons", state: "failed" },
    message: `condor_schedd has started at ${clock(schedd.startedAt)}, and ` +
      `${changed.path} was changed at ${clock(changed.changedAt)}: a schedd ` +
      "reads SCHEDD_CRON only when it starts",
    remedy: "run condor_restart -schedd, or lumberjack hooks install master " +
      "instead, which condor_reconfig starts",
  });
}

/** When a daemon of this host read its configuration. */
export interface DaemonRead {
  /** The name of its program. */
  readonly daemon: string;
  /** When it has started, in seconds since 1970. */
  readonly startedAt: number;
  /** When it has read the configuration, in seconds since 1970. */
  readonly readAt: number;
}

async function readDaemons(host: string): Promise<DaemonRead[]> {
  const output = await askCondor("condor_status", [
    ...["-any", "-constraint", `Machine == ${quote(host)}`, "-af"],
    ...["MyType", "DaemonStartTime", "DaemonLastReconfigTime"],
  ]);
  return (output ?? "").split("\n").flatMap((line) => {
    const [type, started, read] = line.split(" ");
    const startedAt = Number(started) || 0;
    const readAt = Math.max(startedAt, Number(read) || 0);
    const daemon = kinds[type];
    return daemon !== undefined && readAt > 0
      ? [{ daemon, startedAt, readAt }]
      : [];
  });
}

function newestFile(
  list: string | undefined,
): { readonly path: string; readonly changedAt: number } | undefined {
  let newest: { path: string; changedAt: number } | undefined;
  for (const line of (list ?? "").split("\n")) {
    const path = line.trim();
    if (!path.startsWith("/")) continue;
    try {
      const changedAt = Math.floor(Deno.statSync(path).mtime!.getTime() / 1000);
      if (newest === undefined || changedAt > newest.changedAt) {
        newest = { path, changedAt };
      }
    } catch {
      // A file that is gone, or that we may not see, tells nothing.
    }
  }
  return newest;
}

function examineMissing(
  daemons: readonly DaemonRead[],
  knobs: HooksSubject["knobs"],
  tell: Tell,
): void {
  const list = listed(knobs.get("DAEMON_LIST")?.value);
  for (
    const [name, daemon] of [
      ["SCHEDD", "condor_schedd"],
      ["JOB_ROUTER", "condor_job_router"],
    ]
  ) {
    if (!list.includes(name)) continue;
    if (daemons.some((read) => read.daemon === daemon)) continue;
    tell(
      warning(
        "daemons",
        `the collector knows no ${daemon} of this host`,
        `check that it runs (condor_status -any), and its log`,
      ),
    );
  }
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ") +
    " UTC";
}

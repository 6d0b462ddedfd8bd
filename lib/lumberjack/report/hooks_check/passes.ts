import { readLastPass } from "../../site/journal/last_pass.ts";
import { ok, type Tell, warning } from "../doctor/finding.ts";
import type { Site } from "../../site/site.ts";
import { isPoolOfRoot } from "./pool_of_root.ts";
import type { HooksSubject } from "./subject.ts";
import { versionOf } from "./ask.ts";

/** Who runs the passes, and with which program? */
export async function examinePasses(
  { knobs, folder, sites }: HooksSubject,
  tell: Tell,
): Promise<void> {
  const programs = new Map<string, string>();
  for (const name of listed(knobs.get("SCHEDD_CRON_JOBLIST")?.value)) {
    const knob = (field: string) =>
      knobs.get(`SCHEDD_CRON_${name.toUpperCase()}_${field}`)?.value;
    if (!/\bcron\b/.test(knob("ARGS") ?? "")) continue;
    programs.set(`SCHEDD_CRON (${name})`, knob("EXECUTABLE") ?? "");
    if (knob("PREFIX") === undefined) {
      tell(
        warning(
          "passes",
          `SCHEDD_CRON_${name}_PREFIX is not set`,
          `set SCHEDD_CRON_${name}_PREFIX = Lumberjack`,
        ),
      );
    }
  }
  const daemons = listed(knobs.get("DAEMON_LIST")?.value);
  if (daemons.includes("LUMBERJACK")) {
    programs.set("condor_master", knobs.get("LUMBERJACK")?.value ?? "");
  } else if (knobs.get("LUMBERJACK") !== undefined) {
    tell({
      ...{ check: "passes", state: "failed" },
      message: "LUMBERJACK is set, and DAEMON_LIST does not name it (" +
        `${knobs.get("DAEMON_LIST")?.place})`,
      remedy: "add LUMBERJACK where DAEMON_LIST is set last",
    });
  }
  for (const [who, program] of programs) {
    await examineProgram(who, program, tell);
  }
  const last = folder === undefined ? undefined : readLastPass(folder);
  const isRoots = daemons.includes("LUMBERJACK") || last?.uid === 0;
  if (programs.size > 0 && !isRoots && isPoolOfRoot()) {
    examineHomecoming(sites.sites, tell);
  }
  if (last !== undefined) {
    const minutes = Math.round((Date.now() - Date.parse(last.at)) / 60_000);
    tell(
      minutes < 60
        ? ok("passes", `the last pass ended ${minutes} minutes ago`)
        : warning(
          "passes",
          `no pass has ended for ${minutes} minutes`,
          "look into LumberjackLog, and into the log of who runs the passes",
        ),
    );
  } else if (programs.size === 0) {
    tell(
      warning(
        "passes",
        "nothing in the configuration runs passes, and none has run yet",
        "run lumberjack hooks install, or use a timer",
      ),
    );
  }
}

/** SCHEDD_CRON of a pool of root runs passes as condor, who cannot act as an owner. */
function examineHomecoming(sites: readonly Site[], tell: Tell): void {
  const names = sites.filter(({ files }) => files === "stage")
    .map(({ name }) => name);
  if (names.length === 0) return;
  tell(
    warning(
      "passes",
      "passes of SCHEDD_CRON run as condor, who cannot bring output files " +
        `home into users' folders (FILES of ${names.join(", ")} is stage)`,
      "run lumberjack hooks install master, use a timer of root, or set FILES " +
        "= none if jobs have no files",
    ),
  );
}

async function examineProgram(
  who: string,
  program: string,
  tell: Tell,
): Promise<void> {
  const version = await versionOf(program);
  if (version === undefined) {
    return tell({
      ...{ check: "passes", state: "failed" },
      message: `${who} runs ${program || "nothing"}, which cannot be started`,
      remedy: "install Lumberjack there, or run lumberjack hooks install again",
    });
  }
  tell(ok("passes", `${who} runs ${program} (${version})`));
}

/** Returns the items of a knob that is a list. */
export function listed(value: string | undefined): string[] {
  return (value ?? "").split(/[\s,]+/).filter((item) => item !== "");
}

import { dirname } from "@std/path";
import { findUser } from "../../../condor/user_database.ts";
import { stageFolderOf } from "../../site/hooks/places.ts";
import { ok, type Tell, warning } from "../doctor/finding.ts";
import { isPoolOfRoot, lookAt } from "./pool_of_root.ts";
import type { HooksSubject } from "./subject.ts";
import { listed } from "./passes.ts";

/** Can those who have to use LUMBERJACK_DIR and the folder for staged files do so? */
export function examineFolders(
  { folder, knobs }: HooksSubject,
  tell: Tell,
): void {
  if (folder === undefined) {
    return tell(
      warning(
        "rights",
        "LUMBERJACK_DIR is not known",
        "set LUMBERJACK_DIR to a folder of the user as whom the passes run",
      ),
    );
  }
  const there = lookAt(folder);
  const condor = findUser("condor");
  const isCron = [...knobs].some(([name, { value }]) =>
    /^SCHEDD_CRON_.*_ARGS$/.test(name) && /\bcron\b/.test(value)
  );
  const isMasters = listed(knobs.get("DAEMON_LIST")?.value).includes(
    "LUMBERJACK",
  );
  if (there === undefined) {
    return tell(
      warning(
        "rights",
        `${folder} does not exist yet`,
        "make it, and give it to the user as whom the passes run",
      ),
    );
  }
  if (isCron && !isMasters && isPoolOfRoot() && there.uid !== condor?.uid) {
    tell({
      ...{ check: "rights", state: "failed" },
      message: `${folder} belongs to user ${there.uid}, and SCHEDD_CRON runs ` +
        "passes as condor",
      remedy: `chown -R condor: ${folder}`,
    });
  } else tell(ok("rights", `${folder} belongs to user ${there.uid}`));
  if (knobs.has("LJ_HOOK_TRANSLATE_JOB")) {
    examineStage(folder, condor?.gid, tell);
  }
}

function examineStage(
  folder: string,
  group: number | undefined,
  tell: Tell,
): void {
  const path = stageFolderOf(folder);
  const there = lookAt(path);
  if (there === undefined) {
    return tell({
      ...{ check: "rights", state: "failed" },
      message: `${path} does not exist: the hooks stage files there`,
      remedy: "run lumberjack hooks install copy again",
    });
  }
  const mode = (there.mode ?? 0) & 0o7777;
  if (Deno.uid() === 0 && (mode !== 0o3773 || there.gid !== group)) {
    tell({
      ...{ check: "rights", state: "failed" },
      message: `${path} has mode ${mode.toString(8)} and group ${there.gid}`,
      remedy: `chgrp condor ${path}; chmod 3773 ${path}`,
    });
  } else tell(ok("rights", `${path} takes staged files`));
  for (let at = folder; at !== "/"; at = dirname(at)) {
    if (((lookAt(at)?.mode ?? 0) & 0o001) !== 0) continue;
    tell({
      ...{ check: "rights", state: "failed" },
      message: `${at} keeps the owners of jobs out of ${path}`,
      remedy: `chmod o+x ${at}`,
    });
  }
}

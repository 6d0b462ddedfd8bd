import { basename, join } from "@std/path";
import { findUser } from "../../../condor/user_database.ts";
import { writerOf } from "../../site/hooks/marked_file.ts";
import { partNames, parts } from "../../site/hooks/parts.ts";
import { ok, type Tell, warning } from "../doctor/finding.ts";
import type { HooksSubject } from "./subject.ts";
import { versionOf } from "./ask.ts";

/** The files that `hooks install` has written: are they as it wrote them? */
export async function examineInstalled(
  { config, knobs }: HooksSubject,
  tell: Tell,
): Promise<void> {
  for (const folder of config.list("LOCAL_CONFIG_DIR")) {
    for (const part of partNames) {
      examineFile(join(folder, parts[part].snippet), 0o444, tell);
    }
  }
  const keyword = knobs.get("JOB_ROUTER_HOOK_KEYWORD")?.value;
  if (keyword === undefined) return;
  const names = {
    translate: "TRANSLATE_JOB",
    update: "UPDATE_JOB_INFO",
    finalize: "JOB_FINALIZE",
    cleanup: "JOB_CLEANUP",
  };
  const scripts = Object.entries(names).map(([name, hook]) => ({
    name,
    knob: `${keyword.toUpperCase()}_HOOK_${hook}`,
  })).map(({ name, knob }) => ({ name, knob, path: knobs.get(knob)?.value }));
  // The hooks of somebody else.
  const isOurs = scripts.some(({ name, path }) =>
    path !== undefined && basename(path) === name &&
    path.toLowerCase().includes("lumberjack")
  );
  if (!isOurs) return;
  for (const { knob, path } of scripts) {
    if (path === undefined) {
      tell(missing(`${knob} is not set`));
    } else if (!examineFile(path, 0o555, tell)) {
      tell(missing(`${knob} = ${path} does not exist`));
    } else await examineProgramOf(path, tell);
  }
}

function missing(message: string) {
  const remedy = "run lumberjack hooks install copy again";
  return { check: "files", state: "failed", message, remedy } as const;
}

/** Tells about a file, if it is there. */
function examineFile(path: string, wanted: number, tell: Tell): boolean {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  const { mode, uid } = Deno.statSync(path);
  const bits = (mode ?? 0) & 0o777;
  const says = (message: string, remedy: string) =>
    tell({ check: "files", state: "failed", message, remedy });
  if ((bits & wanted) !== wanted) {
    says(
      `${path} has mode ${bits.toString(8)}: not everybody can use it`,
      `chmod ${(bits | wanted).toString(8)} ${path}`,
    );
  } else if ((bits & 0o022) !== 0) {
    says(
      `${path} has mode ${bits.toString(8)}: others can change it`,
      `chmod go-w ${path}`,
    );
  } else if (
    uid !== 0 && uid !== Deno.uid() && uid !== findUser("condor")?.uid
  ) {
    says(
      `${path} belongs to user ${uid}`,
      "give it to the user who administers HTCondor",
    );
  } else if (writerOf(text) === "changed") {
    tell(
      warning(
        "files",
        `${path} was changed by hand`,
        "lumberjack hooks install --force writes it again, and keeps the old one",
      ),
    );
  } else tell(ok("files", path));
  return true;
}

async function examineProgramOf(path: string, tell: Tell): Promise<void> {
  const text = Deno.readTextFileSync(path);
  const program = /^exec (\S+) hook /m.exec(text)?.[1];
  if (program === undefined || await versionOf(program) !== undefined) return;
  tell({
    ...{ check: "files", state: "failed" },
    message: `${path} starts ${program}, which cannot be started`,
    remedy:
      "install Lumberjack there, or run lumberjack hooks install copy again",
  });
}

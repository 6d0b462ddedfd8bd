import { readableLog } from "../../queue/schedd/open.ts";
import { proveLog } from "../../queue/schedd/proof.ts";
import { attempt, ok, type Tell, warning } from "./finding.ts";
import type { ScheddSubject } from "./subjects.ts";

/** Returns the path of the queue log if it can be read and is this schedd's. */
export async function examineLog(
  { schedd, location, config }: ScheddSubject,
  tell: Tell,
): Promise<string | undefined> {
  if (!location.local) {
    tell(ok("queue log", "of another host: the schedd is asked instead"));
    return undefined;
  }
  const path = config.get("JOB_QUEUE_LOG");
  const warn = (message: string, remedy: string) =>
    tell(warning("queue log", message, remedy));
  const log = readableLog(path);
  if (log === undefined) {
    warn(
      `${path} cannot be read: the schedd is asked instead`,
      "run as root or condor where exports are large; SPOOL and JOB_QUEUE_LOG have to be those of the schedd",
    );
    return undefined;
  }
  const proof = await attempt(
    "queue log",
    tell,
    () => proveLog(schedd, log, { mayWrite: true }),
  );
  if (proof?.kind === "proven" || proof?.kind === "empty") {
    tell(ok("queue log", `${log} can be read, and is this schedd's`));
    return proof.kind === "proven" ? log : undefined;
  }
  if (proof !== undefined) {
    warn(
      `${log} is not the log of ${schedd.name}: ${proof.reason}; the schedd is asked instead`,
      "set SPOOL and JOB_QUEUE_LOG to those of this schedd, or restart it after a change",
    );
  }
  return undefined;
}

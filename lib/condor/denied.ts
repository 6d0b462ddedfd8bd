import { type CedarError, PeerDeniedError } from "../cedar/mod.ts";
import { accessLevel } from "./commands.ts";

/** What to do about an error of the wire; a denial is told by its knob. */
export function remedyFor(
  error: CedarError,
  command: number,
): string | undefined {
  const denied = error instanceof PeerDeniedError &&
    error.returnCode === "DENIED";
  if (!denied) return error.remedy;
  const access = accessLevel(command);
  return `the daemon's ALLOW_${access} has to have ${error.user ?? "us"}, ` +
    `its DENY_${access} not; its log says more (PERMISSION DENIED)`;
}

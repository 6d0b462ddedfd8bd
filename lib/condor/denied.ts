import { type CedarError, PeerDeniedError } from "../cedar/mod.ts";
import { accessLevel } from "./commands.ts";

/**
 * Returns the remedy for an error of the wire. If the daemon denied the
 * command, the remedy names the responsible knob.
 */
export function remedyFor(
  error: CedarError,
  command: number,
): string | undefined {
  const denied = error instanceof PeerDeniedError &&
    error.returnCode === "DENIED";
  if (!denied) return error.remedy;
  const access = accessLevel(command);
  return `add ${error.user ?? "us"} to the daemon's ALLOW_${access}, or ` +
    `remove it from DENY_${access}; its log says more (PERMISSION DENIED)`;
}

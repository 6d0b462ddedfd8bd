import { ok, type Tell, warning } from "../doctor/finding.ts";
import { constraintRemarks } from "../../site/site_remarks.ts";
import type { HooksSubject } from "./subject.ts";

/** Which sites are in force, and which knobs are wrong? */
export function examineSites({ sites }: HooksSubject, tell: Tell): void {
  for (const { knob, message, remedy } of sites.problems) {
    tell({
      check: "sites",
      state: "failed",
      message: `${knob}: ${message}`,
      remedy,
    });
  }
  for (
    const { knob, message, remedy } of sites.sites.flatMap(constraintRemarks)
  ) {
    tell(warning("sites", `${knob}: ${message}`, remedy));
  }
  const names = sites.sites.map(({ name }) => name);
  if (names.length > 0) tell(ok("sites", `in force: ${names.join(", ")}`));
  else if (sites.problems.length === 0) {
    tell(warning("sites", "no site is configured", "set LUMBERJACK_SITES"));
  }
}

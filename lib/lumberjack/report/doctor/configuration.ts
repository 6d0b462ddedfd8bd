import { noConfiguration } from "../../../condor/mod.ts";
import { ok, type Tell, warning } from "./finding.ts";
import type { HostSubject } from "./subjects.ts";

/** Tells where the configuration comes from, and what was not understood in it. */
export function examineConfiguration(
  { config }: HostSubject,
  tell: Tell,
): void {
  if (!config.notes.includes(noConfiguration)) {
    tell(ok("configuration", `from ${config.origin}`));
  }
  for (const message of config.notes) {
    tell(warning(
      "configuration",
      message,
      message === noConfiguration
        ? "install HTCondor on this host, or set CONDOR_CONFIG if its configuration " +
          "lies elsewhere"
        : "put condor_config_val into the PATH, which knows",
    ));
  }
}

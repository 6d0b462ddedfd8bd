import { ok, plainVersion, type Tell, warning } from "../doctor/finding.ts";
import { askCondor } from "./ask.ts";

/** Is this a release of HTCondor for which the snippets were tried? */
export async function examineVersions(
  _: unknown,
  tell: Tell,
): Promise<void> {
  const text = await askCondor("condor_config_val", ["CONDOR_VERSION"]);
  const number = /^(\d+)\.(\d+)/.exec(text ?? "");
  const version = plainVersion(`$CondorVersion: ${text?.trim()}`);
  if (number === null || Number(number[1]) >= 23) {
    return tell(ok("versions", version));
  }
  tell(
    warning(
      "versions",
      `${version} is older than those that were tried (23.9.6, 25.14.1)`,
      "update HTCondor, or try the routes with condor_job_router_info",
    ),
  );
}

import type { AttributeChange } from "../../job/change.ts";
import type { JobId } from "../../job/id.ts";

/** Writes attributes into a source; for tests. */
export type TellSource = typeof tellSource;

/**
 * Writes attributes into the source of a copy, as its owner. Throws a CondorError
 * or CedarError if the schedd refuses, or if there is no such job.
 */
export async function tellSource(
  source: JobId,
  set: readonly AttributeChange[],
  remove: readonly string[] = [],
): Promise<void> {
  // Most calls of the update hook have nothing to tell.
  const { loadConfig, locateSchedd, Schedd, securityOf } = await import(
    "../../../condor/mod.ts"
  );
  const config = await loadConfig();
  const security = securityOf(config);
  const location = await locateSchedd({}, config, security);
  const queue = await new Schedd(location, security).manageQueue("write");
  try {
    queue.begin();
    for (const { name, value } of set) queue.setAttribute(source, name, value);
    for (const name of remove) queue.deleteAttribute(source, name);
    await queue.commit();
  } finally {
    await queue.close();
  }
}

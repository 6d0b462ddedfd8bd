/**
 * Reads jobs that have left the queue from the history.
 *
 * @module
 */
import { type ClassAd, readAds } from "../classad/mod.ts";
import { CondorError } from "./errors.ts";

/** Selects the history to read. */
export interface HistoryRequest {
  /** The name of a schedd. The default is the schedd of this machine. */
  readonly name?: string;
  /** The collector that knows the schedd. The default is COLLECTOR_HOST. */
  readonly pool?: string;
}

/** How many jobs one call of condor_history asks for. */
const BATCH = 200;

/**
 * Returns the ads of jobs in a schedd's history, by `CLUSTER.PROC`. Jobs that
 * the history does not have are missing in the result. `condor_history` does
 * the work: it reads the files of this machine, or asks the schedd that the
 * request names.
 *
 * @throws {CondorError} If `condor_history` cannot be run, or fails.
 */
export async function readHistory(
  jobs: readonly string[],
  request: HistoryRequest = {},
): Promise<ReadonlyMap<string, ClassAd>> {
  const found = new Map<string, ClassAd>();
  const whose = [
    ...request.pool ? ["-pool", request.pool] : [],
    ...request.name ? ["-name", request.name] : [],
  ];
  for (let at = 0; at < jobs.length; at += BATCH) {
    const some = jobs.slice(at, at + BATCH);
    const text = await condorHistory([...whose, "-json", ...some]);
    if (text.trim() === "") continue;
    for (const ad of readAds(text, "json")) {
      const id = `${ad.evaluate("ClusterId")}.${ad.evaluate("ProcId")}`;
      // The newest ad comes first.
      if (!found.has(id)) found.set(id, ad);
    }
  }
  return found;
}

async function condorHistory(args: string[]): Promise<string> {
  const decoder = new TextDecoder();
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("condor_history", { args, stdin: "null" })
      .output();
  } catch (cause) {
    throw new CondorError("condor_history does not run", {
      cause,
      remedy: "run this on a machine with HTCondor's tools in its PATH",
    });
  }
  if (output.success) return decoder.decode(output.stdout);
  throw new CondorError("condor_history failed", {
    subject: decoder.decode(output.stderr).trim().split("\n")[0],
    remedy: "run condor_history yourself to see why",
  });
}

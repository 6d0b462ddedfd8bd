/**
 * Whether an import of the prototype means an adoption.
 *
 * @module
 */
import { basename, dirname } from "@std/path";
import { loadConfig } from "../../condor/mod.ts";
import { queueLogName, readManifest } from "../export_dir/manifest.ts";
import { openSpoolLog, scheddsOn } from "./spool.ts";

/**
 * Returns the SPOOL that CONDOR_CONFIG names if an export can be placed there:
 * no schedd runs on it, and it has no jobs, or only those of an export that was
 * adopted there before. Otherwise returns undefined.
 */
export async function bareSpool(): Promise<string | undefined> {
  if (!Deno.env.get("CONDOR_CONFIG")) return undefined;
  try {
    const spool = (await loadConfig()).get("SPOOL");
    if (spool === undefined || scheddsOn(spool).length > 0) return undefined;
    const log = openSpoolLog(spool);
    log?.table.close();
    const jobs = log?.jobs ?? 0;
    const isAdopted = () => readManifest(spool)?.remoteSpool === spool;
    return jobs === 0 || isAdopted() ? spool : undefined;
  } catch {
    // The import says what is wrong.
    return undefined;
  }
}

/** Returns the export that a path names: its folder or a bundle, or the log in it. */
export function exportOf(path: string): string {
  return basename(path) === queueLogName ? dirname(path) : path;
}

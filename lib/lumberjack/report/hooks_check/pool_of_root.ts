import { findUser } from "../../../condor/user_database.ts";

/** Whether HTCondor's daemons start as root on this host. Only root can tell. */
export function isPoolOfRoot(): boolean {
  if (Deno.uid() !== 0) return false;
  const condor = findUser("condor");
  return condor !== undefined && lookAt("/var/lib/condor")?.uid === condor.uid;
}

/** Returns what the disk says of a path; undefined if nothing is there. */
export function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

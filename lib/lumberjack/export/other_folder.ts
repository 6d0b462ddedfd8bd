/**
 * What `export --again` leaves in the folder that an export is not in any more,
 * or was to go to, if it is killed. Each of the two manifests names the other
 * folder until that folder is cleared.
 *
 * @module
 */
import { findUser } from "../../condor/user_database.ts";
import { LumberjackError } from "../error.ts";
import {
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";
import { lockExport } from "../export_dir/folder_lock.ts";
import { inFolder } from "../files/tree/entered_folder.ts";
import { isThere } from "../files/tree/is_there.ts";
import type { Staging } from "./staging.ts";
import { leavingExport } from "./write_export.ts";

/** Gives the staging of an export to `step`, if it has one. */
export type UseStaging = (
  manifest: Manifest,
  step: (staging: Staging | undefined) => Promise<void>,
) => Promise<void>;

/**
 * Clears the other folder of an export that is complete in `path`, and forgets
 * it. Only what belongs to this export is removed, and nothing if the export's
 * log is there: a manifest can be edited by the owner of the folder. The caller has
 * locked the folder `path`, and may have locked the folder `locked`. Throws
 * {@linkcode LumberjackError} if the manifest cannot be changed.
 */
export async function clearOtherFolder(
  path: string,
  { exportId }: Manifest,
  useStaging: UseStaging,
  { locked }: { readonly locked?: string } = {},
): Promise<void> {
  const other = readManifest(path)?.otherFolder;
  if (other === undefined) return;
  if (other !== path) {
    using _lock = other === locked ? undefined : lockExport(exportId, other);
    await clear(other, exportId, useStaging);
  }
  const problem = updateManifest(path, exportId, { otherFolder: undefined });
  if (problem === undefined) return;
  // The checksum of the manifest may be renewed already, and the manifest not.
  throw new LumberjackError("cannot finish the export", {
    subject: problem,
    remedy: "run lumberjack recover as the user to whom the folder belongs",
  });
}

async function clear(
  path: string,
  exportId: string,
  useStaging: UseStaging,
): Promise<void> {
  const manifest = leftBehind(path, exportId);
  if (manifest === undefined) return;
  const owner = Deno.uid() === 0 ? findUser(manifest.owner) : undefined;
  await useStaging(manifest, async (staging) => {
    await staging?.abandon(
      leavingExport({ manifest, directory: { path, owner } }),
    );
  });
  // Names in the folder that was entered: nobody can lead us out of it.
  inFolder(Deno.realPathSync(path), () => {
    if (leftBehind(".", exportId)) Deno.removeSync(manifestName);
  });
}

/** The manifest in a folder, if it says that this export was to be written there. */
function leftBehind(folder: string, exportId: string): Manifest | undefined {
  const manifest = readManifest(folder);
  const isOurs = manifest?.exportId === exportId &&
    manifest.state === "planned";
  return isOurs && !isThere(`${folder}/${queueLogName}`) ? manifest : undefined;
}

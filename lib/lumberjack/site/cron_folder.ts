import { join } from "@std/path";
import { loadConfig } from "../../condor/mod.ts";
import { LumberjackError } from "../error.ts";
import type { Sites } from "./read_sites.ts";
import { makeFolder } from "./site_folder.ts";

/**
 * Returns LUMBERJACK_DIR, where passes keep exports and what they remember, and
 * makes it if it is missing. Throws {@linkcode LumberjackError}.
 */
export async function cronFolder(
  sites: Pick<Sites, "folder">,
): Promise<string> {
  const folder = await findCronFolder(sites);
  if (folder !== undefined) {
    makeFolder(folder);
    return folder;
  }
  throw new LumberjackError(
    "LUMBERJACK_DIR is not set, and LOCAL_DIR neither",
    {
      remedy:
        "set LUMBERJACK_DIR to a folder of the user as whom the pass runs",
    },
  );
}

/**
 * Returns LUMBERJACK_DIR, or the folder that is used if it is not set. Throws
 * {@linkcode LumberjackError} if it is set to something else than an absolute path:
 * in another folder, what is away would not be known.
 */
export async function findCronFolder(
  { folder }: Pick<Sites, "folder">,
): Promise<string | undefined> {
  if (folder !== undefined) {
    if (folder.startsWith("/")) return folder;
    throw new LumberjackError("LUMBERJACK_DIR is not an absolute path", {
      subject: folder,
      remedy: "write a path that begins with /, such as /var/lib/lumberjack",
    });
  }
  const local = (await loadConfig()).get("LOCAL_DIR");
  return local === undefined ? undefined : join(local, "lumberjack");
}

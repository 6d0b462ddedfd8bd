import { LumberjackError } from "../lumberjack/error.ts";
import { findCronFolder } from "../lumberjack/site/cron_folder.ts";
import { stageFolderOf } from "../lumberjack/site/hooks/places.ts";
import { loadSites } from "../lumberjack/site/read_sites.ts";
import { translate } from "../lumberjack/site/router/translate.ts";

/**
 * The translate hook, with the sites and folders of this machine's configuration.
 * Throws {@linkcode LumberjackError}.
 */
export async function translateHere(text: string): Promise<string> {
  const { sites, folder } = await loadSites();
  const top = await findCronFolder({ folder });
  if (top === undefined) {
    throw new LumberjackError(
      "LUMBERJACK_DIR is not set, and LOCAL_DIR neither",
      { remedy: "set LUMBERJACK_DIR" },
    );
  }
  return await translate(text, {
    stageFolder: stageFolderOf(top),
    presentThere: (name) =>
      sites.find((site) => site.name === name)?.presentThere ?? [],
  });
}

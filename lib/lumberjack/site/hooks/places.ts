/**
 * Where an installation of HTCondor keeps its configuration and its scripts.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { type CondorConfig, loadConfig } from "../../../condor/mod.ts";
import { findUser, type UserIds } from "../../../condor/user_database.ts";
import { LumberjackError } from "../../error.ts";
import { findCronFolder } from "../cron_folder.ts";

/** Where files go. */
export interface HookPlaces {
  /** The folder of HTCondor's configuration. */
  readonly configFolder: string;
  /** The folder for scripts. */
  readonly scriptFolder: string;
  /** LUMBERJACK_DIR; undefined if it is not known. */
  readonly lumberjackFolder: string | undefined;
  /** As whom passes run, if that is another user than we. */
  readonly passUser: UserIds | undefined;
  /** HTCondor's group, if we can give folders to it. */
  readonly condorGroup: number | undefined;
}

/** The folder below LUMBERJACK_DIR where jobs' owners stage files. No site has its name. */
export function stageFolderOf(lumberjackFolder: string): string {
  return join(lumberjackFolder, "job-router");
}

/**
 * Finds the places. Throws {@linkcode LumberjackError} if HTCondor has no folder for
 * its configuration.
 *
 * @param given Folders that the administrator names.
 * @param isRootsPass Whether root runs the passes.
 */
export async function findPlaces(
  given: {
    readonly configFolder?: string;
    readonly scriptFolder?: string;
    readonly lumberjackFolder?: string;
  },
  isRootsPass = false,
): Promise<HookPlaces> {
  const config = await loadConfig();
  const lumberjackFolder = await findCronFolder({
    folder: given.lumberjackFolder,
  });
  const condor = Deno.uid() === 0 ? findUser("condor") : undefined;
  return {
    configFolder: given.configFolder ?? configFolderOf(config),
    scriptFolder: given.scriptFolder ?? scriptFolderOf(config),
    lumberjackFolder,
    passUser: isRootsPass ? undefined : condor,
    condorGroup: condor?.gid,
  };
}

/** The last folder of LOCAL_CONFIG_DIR: packages of a distribution own the first. */
function configFolderOf(config: CondorConfig): string {
  const folder = config.list("LOCAL_CONFIG_DIR").at(-1);
  if (folder !== undefined) return folder;
  throw new LumberjackError("LOCAL_CONFIG_DIR is not set", {
    remedy: "name a folder that HTCondor reads with --config-dir DIR",
  });
}

/** LIBEXEC is root's. A personal pool has a folder of its own. */
function scriptFolderOf(config: CondorConfig): string {
  const libexec = config.get("LIBEXEC");
  if (libexec !== undefined && Deno.uid() === 0) {
    return join(libexec, "lumberjack");
  }
  const local = config.get("LOCAL_DIR");
  if (local !== undefined) return join(local, "lumberjack-hooks");
  throw new LumberjackError("LOCAL_DIR is not set", {
    remedy: "name a folder for scripts with --script-dir DIR",
  });
}

/** Returns the path of the program that runs. */
export function ownProgram(): string {
  if (Deno.build.standalone) return Deno.execPath();
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, "lumberjack");
    if (folder.startsWith("/") && isExecutable(path)) return path;
  }
  const checkout = dirname(
    fromFileUrl(new URL("../../../../cli.ts", import.meta.url)),
  );
  return join(checkout, "scripts", "lumberjack");
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

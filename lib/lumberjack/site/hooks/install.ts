/**
 * Writes Lumberjack's snippets into HTCondor's configuration, and the scripts of the
 * Job Router's hooks; or takes them away again. Every step can be repeated.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { writeTextDurably } from "../../../queue_log/mod.ts";
import { LumberjackError } from "../../error.ts";
import { ensureFolder, type OwnedFolder } from "./folders.ts";
import { withMark, writerOf } from "./marked_file.ts";
import {
  filesOfPart,
  type PartName,
  partNames,
  parts,
  type PartValues,
} from "./parts.ts";
import { type HookPlaces, stageFolderOf } from "./places.ts";

/** What is to be written. */
export interface InstallRequest {
  /** The parts to install. */
  readonly parts: readonly PartName[];
  /** Where files go. */
  readonly places: HookPlaces;
  /** What the files say. */
  readonly values: PartValues;
  /** Whether files that somebody has changed are replaced. */
  readonly force?: boolean;
  /** Whether nothing is changed. */
  readonly dryRun?: boolean;
}

/** What happens with one file or folder. */
export interface FileStep {
  /** The path. */
  readonly path: string;
  /**
   * `write`, `replace` and `remove` change something. `kept`: somebody has changed
   * the file, so it stays. `make`: a folder.
   */
  readonly action:
    | "write"
    | "replace"
    | "remove"
    | "unchanged"
    | "kept"
    | "make";
  /** Lines that go, with `-` in front, and lines that come, with `+`. */
  readonly diff: readonly string[];
}

/**
 * Writes the files of the parts, and removes those of parts that exclude them.
 * Returns what was done (with `dryRun`: what would be done). Throws
 * {@linkcode LumberjackError}.
 */
export function installHooks(request: InstallRequest): FileStep[] {
  const { places, values, dryRun = false, force = false } = request;
  const steps: FileStep[] = [];
  const excluded = request.parts.flatMap((part) => parts[part].excludes);
  for (const part of excluded) {
    steps.push(...removePart(part, places, { dryRun, force }));
  }
  for (const folder of foldersOf(request)) {
    if (ensureFolder(folder, dryRun)) {
      steps.push({ path: folder.path, action: "make", diff: [] });
    }
  }
  for (const part of request.parts) {
    for (const file of filesOfPart(part, places.configFolder, values)) {
      steps.push(writeFile(file, { dryRun, force }));
    }
  }
  return steps;
}

/** Removes what `hooks install` has written. Folders with exports stay. */
export function removeHooks(
  places: HookPlaces,
  options: { readonly dryRun: boolean; readonly force: boolean },
): FileStep[] {
  return partNames.flatMap((part) => removePart(part, places, options));
}

interface Options {
  readonly dryRun: boolean;
  readonly force: boolean;
}

function foldersOf({ parts, places }: InstallRequest): OwnedFolder[] {
  const { lumberjackFolder, passUser, condorGroup, scriptFolder } = places;
  const folders: OwnedFolder[] = [];
  if (lumberjackFolder !== undefined) {
    folders.push({ path: lumberjackFolder, mode: 0o755, ...passUser });
  }
  if (!parts.includes("copy")) return folders;
  folders.push({ path: scriptFolder, mode: 0o755 });
  if (lumberjackFolder !== undefined) {
    // Sticky, setgid: each owner makes his own folder there, which belongs to
    // HTCondor's group; nobody can list the folder or remove another's.
    folders.push({
      path: stageFolderOf(lumberjackFolder),
      mode: 0o3773,
      uid: passUser?.uid,
      gid: condorGroup,
    });
  }
  return folders;
}

function writeFile(
  { path, text, mode }: {
    readonly path: string;
    readonly text: string;
    readonly mode: number;
  },
  { dryRun, force }: Options,
): FileStep {
  const wanted = withMark(text);
  const there = readIfThere(path);
  const diff = lineDiff(there ?? "", wanted);
  if (there === wanted) return { path, action: "unchanged", diff: [] };
  const writer = there === undefined ? "ours" : writerOf(there);
  if (writer !== "ours") {
    if (!force) return { path, action: "kept", diff };
    if (!dryRun) keepCopy(path);
  }
  if (!dryRun) write(path, wanted, mode);
  return { path, action: there === undefined ? "write" : "replace", diff };
}

function removePart(
  part: PartName,
  places: HookPlaces,
  { dryRun, force }: Options,
): FileStep[] {
  const { snippet, scripts } = parts[part];
  const paths = [
    join(places.configFolder, snippet),
    ...scripts.map((name) => join(places.scriptFolder, name)),
  ];
  const steps: FileStep[] = [];
  for (const path of paths) {
    const there = readIfThere(path);
    if (there === undefined) continue;
    const writer = writerOf(there);
    const diff = lineDiff(there, "");
    if (writer === "foreign" || writer === "changed" && !force) {
      steps.push({ path, action: "kept", diff });
      continue;
    }
    if (!dryRun) {
      if (writer === "changed") keepCopy(path);
      else Deno.removeSync(path);
    }
    steps.push({ path, action: "remove", diff });
  }
  if (!dryRun && scripts.length > 0) removeEmpty(places.scriptFolder);
  return steps;
}

/** HTCondor does not read files of its configuration whose names end with `~`. */
function keepCopy(path: string): void {
  Deno.renameSync(path, `${path}~`);
}

function removeEmpty(folder: string): void {
  try {
    Deno.removeSync(folder);
  } catch {
    // It is not there, or somebody has put something into it.
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new LumberjackError("cannot read the file", {
      ...{ cause, subject: path },
      remedy: "run the command as the user who administers HTCondor",
    });
  }
}

function write(path: string, text: string, mode: number): void {
  try {
    writeTextDurably(path, text, { mode });
    // The umask may have taken rights away.
    Deno.chmodSync(path, mode);
  } catch (cause) {
    throw new LumberjackError("cannot write into HTCondor's configuration", {
      cause,
      subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
      remedy: "run the command as the user who administers HTCondor, or name " +
        `another folder than ${
          dirname(path)
        } with --config-dir or --script-dir`,
    });
  }
}

/** The lines that differ, in their order. The files are short. */
function lineDiff(before: string, after: string): string[] {
  const old = before.split("\n").slice(0, -1);
  const now = after.split("\n").slice(0, -1);
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

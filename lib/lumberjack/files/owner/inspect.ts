import { closeSync, constants, openSync } from "node:fs";
import { TreeError } from "../tree/entry.ts";
import { listFolder } from "../tree/list_folder.ts";
import { treePathProblem } from "../tree/path.ts";
import { malformed } from "./frame.ts";
import type { OwnersRights } from "./owners_rights.ts";
import type { Json, Service, ServiceCaller } from "./service.ts";

/** What a path that a job names turns out to be. */
export type Inspected =
  | {
    /** Where the file is: without symbolic links, `.` and `..`. */
    readonly real: string;
    /** Whether it is a folder. */
    readonly isFolder: boolean;
    /** The size of the file, or of all files in the folder, in bytes. */
    readonly bytes: number;
    /** How many plain files: 1, or those in the folder. */
    readonly files: number;
  }
  | {
    /** The path that is the matter: the file itself, or one in the folder. */
    readonly path: string;
    /** What is wrong with it, in a few words. */
    readonly problem: string;
    /** Whether nothing of that name is there. */
    readonly missing: boolean;
    /** Whether the user that looked may not read it. */
    readonly denied: boolean;
  };

/**
 * Looks at paths as the owner, in their order. A path may be a plain file or a
 * folder; symbolic links are followed. A folder is gone through to its end,
 * because HTCondor puts a job on hold when it cannot read one of its files.
 */
export async function inspectAs(
  owner: ServiceCaller,
  paths: readonly string[],
): Promise<readonly Inspected[]> {
  const { result } = await owner.call("inspect", paths);
  if (!Array.isArray(result) || result.length !== paths.length) {
    throw malformed();
  }
  return result.map(checked);
}

function checked(value: unknown): Inspected {
  const found = (value ?? {}) as Record<string, unknown>;
  const { real, isFolder, bytes, files, path, problem } = found;
  if (typeof problem === "string" && typeof path === "string") {
    const missing = found.missing === true, denied = found.denied === true;
    return { path, problem, missing, denied };
  }
  const isCount = (count: unknown) =>
    Number.isSafeInteger(count) && (count as number) >= 0;
  if (typeof real !== "string" || !real.startsWith("/")) throw malformed();
  if (!isCount(bytes) || !isCount(files)) throw malformed();
  return {
    real,
    isFolder: isFolder === true,
    bytes: bytes as number,
    files: files as number,
  };
}

/** Does the work of {@linkcode inspectAs} as the owner. */
export const inspect: Service = async (paths, { alive, rights }) => {
  const result: Json[] = [];
  for (const path of paths as readonly string[]) {
    try {
      result.push(await inspectOne(path, alive, rights));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      result.push(error.found);
    }
  }
  return { result };
};

/** A file or folder cannot travel. */
class Unfit extends TreeError {
  readonly found: {
    path: string;
    problem: string;
    missing: boolean;
    denied: boolean;
  };

  constructor(path: string, problem: string, why?: "missing" | "denied") {
    super(problem, { subject: path });
    const missing = why === "missing", denied = why === "denied";
    this.found = { path, problem, missing, denied };
  }
}

async function inspectOne(
  path: string,
  alive: () => void,
  rights: OwnersRights | undefined,
): Promise<Json> {
  const info = look(path);
  const real = looking(path, () => Deno.realPathSync(path));
  looking(path, () => rights?.requirePath(path));
  if (!info.isDirectory) {
    if (path.endsWith("/")) throw new Unfit(path, "not a folder");
    requireReadable(path, info);
    return { real, isFolder: false, bytes: info.size, files: 1 };
  }
  const totals = { bytes: 0, files: 0 };
  for await (const file of filesBelow(real, alive, rights)) {
    totals.files++;
    totals.bytes += file.size;
  }
  return { real, isFolder: true, ...totals };
}

/** A file or folder below a folder that travels. */
export interface FileBelow {
  /** Its path below the folder. */
  readonly path: string;
  /** Whether it is a folder; its contents follow. */
  readonly isFolder: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** When it was last changed. */
  readonly mtime: Date;
}

/**
 * Goes through what travels of a folder as HTCondor does (file_transfer.cpp,
 * `ExpandFileTransferList`): links to files are followed, sockets and pipes are
 * left out. Throws for everything that cannot be read or cannot travel.
 */
export async function* filesBelow(
  top: string,
  alive: () => void = () => {},
  rights?: OwnersRights,
): AsyncGenerator<FileBelow> {
  yield* below(top, "", alive, rights);
}

async function* below(
  top: string,
  folder: string,
  alive: () => void,
  rights: OwnersRights | undefined,
): AsyncGenerator<FileBelow> {
  alive();
  const here = folder === "" ? top : `${top}/${folder}`;
  for (const name of await namesIn(here)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const full = `${top}/${path}`;
    const problem = treePathProblem(path);
    if (problem !== undefined) throw new Unfit(full, `${problem}`);
    const info = look(full);
    if (info.isSocket || info.isFifo) continue;
    looking(full, () => rights?.requirePath(full));
    const head = {
      path,
      mode: (info.mode ?? 0o644) & 0o777,
      mtime: info.mtime ?? new Date(0),
    };
    if (info.isDirectory) {
      if (Deno.lstatSync(full).isSymlink) {
        // HTCondor: "Transfer of symlinks to directories is not supported".
        throw new Unfit(full, "a link to a folder, which HTCondor refuses");
      }
      yield { ...head, isFolder: true, size: 0 };
      yield* below(top, path, alive, rights);
    } else {
      requireReadable(full, info);
      yield { ...head, isFolder: false, size: info.size };
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await listFolder(folder)).map(({ name }) => name).sort();
  } catch (error) {
    throw unfit(folder, error);
  }
}

function look(path: string): Deno.FileInfo {
  return looking(path, () => Deno.statSync(path));
}

/** Does something with a path; what the system says of it becomes a reason. */
function looking<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw unfit(path, error);
  }
}

function unfit(path: string, error: unknown): Unfit {
  const isMissing = error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
  if (isMissing) return new Unfit(path, "no such file or folder", "missing");
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Unfit(path, "no permission to read it", "denied");
  }
  return new Unfit(path, error instanceof Error ? error.message : `${error}`);
}

/** Opens a plain file: only that shows whether it can be read. */
function requireReadable(path: string, info: Deno.FileInfo): void {
  if (!info.isFile) throw new Unfit(path, "not a plain file or folder");
  looking(path, () => {
    // A pipe that has taken the file's place must not keep us waiting.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    try {
      closeSync(openSync(path, flags));
    } catch (error) {
      if ((error as { code?: unknown }).code === "EACCES") {
        throw new Deno.errors.PermissionDenied(path);
      }
      if ((error as { code?: unknown }).code === "ENOENT") {
        throw new Deno.errors.NotFound(path);
      }
      throw error;
    }
  });
}

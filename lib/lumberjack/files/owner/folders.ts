import type { Service, ServiceCaller } from "./service.ts";

/**
 * Makes folders as the owner. Makes missing parent folders too. A folder that
 * exists already stays as it is.
 */
export async function makeFoldersAs(
  owner: ServiceCaller,
  paths: readonly string[],
): Promise<void> {
  if (paths.length > 0) await owner.call("makeFolders", paths);
}

/** Does the work of {@linkcode makeFoldersAs} as the owner. */
export const makeFolders: Service = (paths, { alive }) => {
  let last: string | undefined;
  for (const path of paths as readonly string[]) {
    alive();
    makeFolder(path, last);
    last = path;
  }
  return { result: null };
};

/**
 * Makes a folder. What its path shares with `last`, which was made before it, is
 * there: no call of the system is made for that.
 */
function makeFolder(path: string, last: string | undefined): void {
  try {
    for (const folder of last === undefined ? [] : newBelow(path, last)) {
      makeOne(folder);
    }
    if (last !== undefined) return;
  } catch (error) {
    // Somebody has removed a folder meanwhile.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
}

/** The folders of a path, from the top, that another path does not have. */
function* newBelow(path: string, last: string): Generator<string> {
  let common = 0;
  while (common < path.length && path[common] === last[common]) common++;
  for (;;) {
    const end = path.indexOf("/", common);
    if (end < 0) break;
    if (end > 0) yield path.slice(0, end);
    common = end + 1;
  }
  yield path;
}

function makeOne(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (!Deno.statSync(path).isDirectory) throw error;
  }
}

/**
 * Removes files and folders as the owner. A path that does not exist is
 * skipped. Read-only folders are made writable first.
 */
export async function removeAs(
  owner: ServiceCaller,
  paths: readonly string[],
): Promise<void> {
  if (paths.length > 0) await owner.call("remove", paths);
}

/** Does the work of {@linkcode removeAs} as the owner. */
export const remove: Service = (paths, { alive }) => {
  for (const path of paths as readonly string[]) {
    alive();
    removeTree(path);
  }
  return { result: null };
};

/** Removes a file, or a folder with what is in it, if there is one. */
export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    makeWritable(path);
    Deno.removeSync(path, { recursive: true });
  }
}

/** A copy of a read-only folder is read-only too. */
function makeWritable(path: string): void {
  if (!Deno.lstatSync(path).isDirectory) return;
  Deno.chmodSync(path, 0o700);
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) makeWritable(`${path}/${name}`);
  }
}

/**
 * Removes the empty folders of jobs below the top of an export, as the owner.
 */
export async function removeJobFoldersAs(
  owner: ServiceCaller,
  top: string,
  clusters: readonly number[],
): Promise<void> {
  await owner.call("removeJobFolders", { top, clusters });
}

/** Does the work of {@linkcode removeJobFoldersAs} as the owner. */
export const removeJobFolders: Service = (params, { alive }) => {
  const { top, clusters } = params as { top: string; clusters: number[] };
  for (const cluster of clusters) {
    alive();
    const upper = `${top}/${cluster % 10000}`;
    for (const proc of foldersIn(upper)) {
      if (!/^\d+$/.test(proc)) continue;
      for (const name of foldersIn(`${upper}/${proc}`)) {
        const isOurs = name.startsWith(`cluster${cluster}.proc`);
        if (isOurs) removeEmpty(`${upper}/${proc}/${name}`);
      }
      removeIfEmpty(`${upper}/${proc}`);
    }
    removeIfEmpty(upper);
  }
  return { result: null };
};

/** Removes a folder that holds nothing but folders. */
function removeEmpty(path: string): void {
  for (const name of foldersIn(path)) removeEmpty(`${path}/${name}`);
  removeIfEmpty(path);
}

function removeIfEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Something is in it, or it is not there.
  }
}

function foldersIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

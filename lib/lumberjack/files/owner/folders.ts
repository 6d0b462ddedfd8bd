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
  for (const path of paths as readonly string[]) {
    alive();
    Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
  }
  return { result: null };
};

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
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      if (error instanceof Deno.errors.NotADirectory) continue;
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      makeWritable(path);
      Deno.removeSync(path, { recursive: true });
    }
  }
  return { result: null };
};

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

/** The part of `@std/fs` that is used here. */
export interface WalkEntry extends Deno.DirEntry {
  path: string;
}
export interface WalkOptions {
  exts?: string[];
  includeDirs?: boolean;
  includeFiles?: boolean;
}
export function walk(
  root: string | URL,
  options?: WalkOptions,
): AsyncIterableIterator<WalkEntry>;

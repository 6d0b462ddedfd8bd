/**
 * Returns whether something has this path: a file, a folder or a link, also one
 * that leads nowhere. Throws Deno's error if that cannot be seen.
 */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

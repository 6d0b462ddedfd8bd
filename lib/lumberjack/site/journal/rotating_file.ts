import { basename, dirname, join } from "@std/path";

/** When a file is rotated. */
export interface Rotation {
  /** The file is rotated before it would be longer than this, in bytes. */
  readonly maxBytes: number;
  /** How many older files are kept. */
  readonly keep: number;
}

/**
 * Appends text to a file in one write, so that two processes never mix their
 * lines. A file that is full is renamed first, as HTCondor does: to `NAME.old`,
 * or to `NAME.TIME` if more than one older file is kept.
 *
 * @param path The file; it is made if it is missing.
 * @param text Whole lines.
 * @param options When to rotate, the time, and the mode of a new file.
 */
export function appendRotating(
  path: string,
  text: string,
  { maxBytes, keep, now = new Date(), mode = 0o644 }: Rotation & {
    readonly now?: Date;
    readonly mode?: number;
  },
): void {
  const bytes = new TextEncoder().encode(text);
  const size = sizeOf(path);
  if (size > 0 && size + bytes.length > maxBytes) rotate(path, keep, now);
  using file = Deno.openSync(path, { append: true, create: true, mode });
  for (let at = 0; at < bytes.length;) {
    at += file.writeSync(bytes.subarray(at));
  }
}

/** Returns the older files, oldest first, and the file itself. */
export function rotatedFiles(path: string): string[] {
  const folder = dirname(path);
  const name = basename(path);
  const isOlder = (other: string) =>
    other.startsWith(`${name}.`) &&
    /^(old|\d{8}T\d{6})$/.test(other.slice(name.length + 1));
  let names: string[];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return [
    ...names.filter((other) => isOlder(other)).sort(olderFirst),
    ...names.filter((other) => other === name),
  ].map((other) => join(folder, other));
}

/** `.old` is older than a file that has a time. */
function olderFirst(a: string, b: string): number {
  const key = (name: string) => name.endsWith(".old") ? "" : name;
  return key(a) < key(b) ? -1 : 1;
}

function rotate(path: string, keep: number, now: Date): void {
  const stamp = now.toISOString().replace(/[-:]|\.\d+Z$/g, "");
  Deno.renameSync(path, keep <= 1 ? `${path}.old` : `${path}.${stamp}`);
  const older = rotatedFiles(path).filter((name) => name !== path);
  for (const name of older.slice(0, Math.max(0, older.length - keep))) {
    Deno.removeSync(name);
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

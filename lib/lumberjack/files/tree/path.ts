const encoder = new TextEncoder();

/** The longest name that Linux's file systems take, in bytes. */
const longestName = 255;
/** The longest path that a system call takes, in bytes (PATH_MAX). */
const longestPath = 4095;
/**
 * How deep a tree can be. Somebody makes deeper trees only to exhaust programs
 * that walk them.
 */
const deepestPath = 100;

/**
 * Returns what is wrong with a path that names a file inside a tree, or
 * undefined when it is good. A good path is relative and stays below the top:
 * it has no `.` or `..`, no empty name, no control characters, and no name that
 * a file system would refuse.
 *
 * @example
 * ```ts
 * import { treePathProblem } from "./path.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(treePathProblem("1/0/cluster1.proc0.subproc0/out.txt"), undefined);
 * assertEquals(treePathProblem("../etc/passwd"), "it leaves its folder (..)");
 * ```
 */
export function treePathProblem(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it is absolute";
  // deno-lint-ignore no-control-regex -- these are what must not be there
  if (/[\x00-\x1f\x7f]/.test(path)) return "it has control characters";
  // U+FFFD stands for bytes that are not UTF-8: the file cannot be named.
  if (path.includes("\ufffd")) return "it is not UTF-8";
  if (encoder.encode(path).length > longestPath) return "it is too long";
  const names = path.split("/");
  if (names.length > deepestPath) return "it is too deep";
  for (const name of names) {
    if (name === "") return "it has an empty name";
    if (name === "." || name === "..") return `it leaves its folder (${name})`;
    if (encoder.encode(name).length > longestName) {
      return "it has a name of more than 255 bytes";
    }
  }
  return undefined;
}

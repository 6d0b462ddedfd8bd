import { DamagedTreeError, type TreeError } from "./entry.ts";

/** The name of the file that holds the checksum of every other file. */
export const sumsName = "SHA256SUMS";

/**
 * Returns one line of SHA256SUMS, in the form that `sha256sum -c` takes
 * (coreutils, "md5sum invocation"): the digest in hexadecimal, two spaces, the
 * path. Our paths have no line feeds; a backslash is written twice, and the line
 * then begins with a backslash.
 *
 * @example
 * ```ts
 * import { sumLine } from "./sums.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sumLine("ab".repeat(32), "a b"), `${"ab".repeat(32)}  a b\n`);
 * ```
 */
export function sumLine(sha256: string, path: string): string {
  const escaped = path.replaceAll("\\", "\\\\");
  return `${escaped === path ? "" : "\\"}${sha256}  ${escaped}\n`;
}

/**
 * Reads SHA256SUMS: each path with its digest. Throws {@linkcode TreeError} for
 * a line that is not in the form of {@linkcode sumLine}, a file that does not
 * end with a line feed (it was cut), and a path that stands there twice.
 */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  if (text === "") return sums;
  if (!text.endsWith("\n")) throw damaged("it was cut", text.length);
  for (const [index, line] of text.slice(0, -1).split("\n").entries()) {
    const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (match === null) throw damaged("not a line of sha256sum", index + 1);
    const [, escape, digest, written] = match;
    const path = escape === "" ? written : written.replaceAll("\\\\", "\\");
    if (sums.has(path)) throw damaged("a file stands there twice", index + 1);
    sums.set(path, digest);
  }
  return sums;
}

function damaged(why: string, line: number): TreeError {
  return new DamagedTreeError(`${sumsName} is damaged`, {
    subject: `line ${line}: ${why}`,
  });
}

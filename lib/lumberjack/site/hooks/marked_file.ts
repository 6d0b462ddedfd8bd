/**
 * Files that `hooks install` has written. One of their first lines says so, with a
 * checksum of all other lines: a file that somebody has changed since is noticed.
 *
 * @module
 */
import { createHash } from "node:crypto";

const mark =
  /^# Written by lumberjack hooks install, sum ([0-9a-f]{16})\. .*\n/m;

/** Adds the mark: as the first line, or after `#!`. */
export function withMark(text: string): string {
  const line = `# Written by lumberjack hooks install, sum ${sumOf(text)}. ` +
    "To change a knob, set it in a later file.\n";
  const at = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  return text.slice(0, at) + line + text.slice(at);
}

/**
 * Returns who wrote a file last: Lumberjack (`ours`), somebody who changed our file
 * (`changed`), or somebody else (`foreign`).
 */
export function writerOf(text: string): "ours" | "changed" | "foreign" {
  const found = mark.exec(text);
  if (found === null) return "foreign";
  const rest = text.slice(0, found.index) +
    text.slice(found.index + found[0].length);
  return found[1] === sumOf(rest) ? "ours" : "changed";
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

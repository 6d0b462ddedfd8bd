/**
 * TransferOutputRemaps: where a file of the sandbox goes at home, written as
 * `name=target;name=target`. A backslash before `=` in a name, or before `;` in
 * a target, takes away its meaning; any other backslash stands for itself
 * (condor_utils/filename_tools_cpp.cpp, `filename_remap_find`).
 *
 * A target is looked up again, and a name that no rule has is tried by its
 * folder. So rules can be chained, and can run in a circle: HTCondor then puts
 * the job on hold.
 *
 * @example
 * ```ts
 * import { parseRemaps, remap } from "./remaps.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rules = parseRemaps("out.txt = /data/1.txt; sub=results");
 * assertEquals(remap(rules, "out.txt"), { target: "/data/1.txt" });
 * assertEquals(remap(rules, "sub/x"), { target: "results/x" });
 * assertEquals(remap(rules, "other"), undefined);
 * ```
 *
 * @module
 */
import { joinedText } from "../../classad/bytes.ts";
import type { Release } from "../../classad/mod.ts";
import { LumberjackError } from "../error.ts";

/** One rule of TransferOutputRemaps. */
export interface RemapRule {
  /** The name in the sandbox, or a folder there. */
  readonly name: string;
  /** The path at home, absolute or relative to the job's Iwd, or a URL. */
  readonly target: string;
}

/** Where a name goes, or that the rules run in a circle. */
export type Remapped =
  | { readonly target: string }
  | { readonly circle: true };

/** How often HTCondor looks up again (MAX_REMAP_RECURSIONS). */
const maxLevel = 128;

/**
 * The rules in a text, in its order. A rule without `=` is skipped; release
 * 23.9 makes it part of the name of the next rule instead.
 */
export function parseRemaps(text: string, release?: Release): RemapRule[] {
  const input = text.replace(/[\t\n]/g, "");
  const rules: RemapRule[] = [];
  let at = 0;
  while (true) {
    const name = readUpTo(input, at, "=");
    if (name.end === undefined) return rules;
    const semicolon = name.text.indexOf(";");
    if (semicolon >= 0 && release !== "23.9") {
      // Counted in the trimmed name, as HTCondor does: what it then reads
      // begins a little early, and comes out the same.
      at += semicolon + 1;
      continue;
    }
    const target = readUpTo(input, name.end + 1, ";");
    rules.push({
      name: joinedText(name.text),
      target: joinedText(target.text),
    });
    if (target.end === undefined) return rules;
    at = target.end + 1;
  }
}

/** Reads to an unescaped delimiter, trimmed; `end` is where it stands. */
function readUpTo(
  input: string,
  start: number,
  delimiter: string,
): { text: string; end: number | undefined } {
  let text = "";
  for (let i = start; i < input.length; i++) {
    if (input[i] === delimiter) return { text: trimmed(text), end: i };
    if (input[i] === "\\" && input[i + 1] === delimiter) i++;
    text += input[i];
  }
  return { text: trimmed(text), end: undefined };
}

function trimmed(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
}

/**
 * Where the rules send a name; undefined when none has it. The first rule for a
 * name wins.
 */
export function remap(
  rules: readonly RemapRule[],
  name: string,
): Remapped | undefined {
  return remapAt(rules, name, 0);
}

function remapAt(
  rules: readonly RemapRule[],
  name: string,
  level: number,
): Remapped | undefined {
  if (level > maxLevel) return { circle: true };
  const rule = rules.find((rule) => rule.name === name);
  if (rule !== undefined) {
    return remapAt(rules, rule.target, level + 1) ?? { target: rule.target };
  }
  const slash = name.lastIndexOf("/");
  if (slash < 0) return undefined;
  const folder = remapAt(rules, name.slice(0, slash), level + 1);
  if (folder === undefined || "circle" in folder) return folder;
  return { target: `${folder.target}/${name.slice(slash + 1)}` };
}

/**
 * Writes rules as a text that {@linkcode parseRemaps}, and HTCondor of either
 * release, read as the same rules.
 *
 * @throws {LumberjackError} when a rule cannot be written: a name that holds a
 * semicolon, a name or target that is empty, ends with a backslash, begins or
 * ends with a blank, or holds a tab or a line end.
 */
export function formatRemaps(rules: readonly RemapRule[]): string {
  const text = rules.map(({ name, target }) =>
    `${name.replaceAll("=", "\\=")}=${target.replaceAll(";", "\\;")}`
  ).join(";");
  for (const { name, target } of rules) {
    if (isWritable(name) && !name.includes(";") && isWritable(target)) continue;
    throw new LumberjackError("HTCondor cannot express this remap", {
      subject: JSON.stringify(`${name}=${target}`),
      remedy: "rename the file",
    });
  }
  return text;
}

function isWritable(text: string): boolean {
  return text !== "" && !text.endsWith("\\") && !/[\t\n]/.test(text) &&
    trimmed(text) === text;
}

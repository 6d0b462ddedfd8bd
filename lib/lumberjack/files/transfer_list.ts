/**
 * Lists of files in a job ad: TransferInput, TransferOutput and their like.
 * Names are separated by commas; white space around a name does not count,
 * white space inside it does, and an empty entry is no entry. There is no way
 * to quote (condor_utils/stl_string_utils.cpp, `StringTokenIterator`): a name
 * that holds a comma cannot be listed.
 *
 * @example
 * ```ts
 * import { formatTransferList, parseTransferList } from "./transfer_list.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseTransferList(" a.txt, my data/ ,,b"), [
 *   "a.txt",
 *   "my data/",
 *   "b",
 * ]);
 * assertEquals(formatTransferList(["a.txt", "my data/"]), "a.txt,my data/");
 * ```
 *
 * @module
 */
import { LumberjackError } from "../error.ts";

/** White space as isspace() of C has it, which HTCondor trims. */
export const aroundNames = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;

/** Returns the names of a list in its order. A name may occur twice. */
export function parseTransferList(text: string): string[] {
  return text.split(",").map((name) => name.replace(aroundNames, ""))
    .filter((name) => name !== "");
}

/**
 * Returns the names of TransferCheckpoint or CommonInputCatalogs. There, white
 * space separates names as commas do.
 */
export function parseWordList(text: string): string[] {
  return text.split(/[, \t\r\n]+/).filter((name) => name !== "");
}

/**
 * Writes names as a list that {@linkcode parseTransferList}, and HTCondor, read
 * as the same names.
 *
 * @throws {LumberjackError} if a name is empty, contains a comma, or begins or
 * ends with white space.
 */
export function formatTransferList(names: readonly string[]): string {
  for (const name of names) {
    if (name !== "" && parseTransferList(name)[0] === name) continue;
    throw new LumberjackError(
      "HTCondor cannot list a file of this name",
      {
        subject: JSON.stringify(name),
        remedy: "rename it: no comma, and no blank at either end",
      },
    );
  }
  return names.join(",");
}

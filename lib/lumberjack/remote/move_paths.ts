/**
 * Changes the paths in an exported log when the remote spool turns out to be
 * another folder than the export was written for.
 *
 * @module
 */
import { quote } from "../../classad/mod.ts";
import {
  type QueueAd,
  type QueueLogSink,
  QueueLogWriter,
  type QueueTable,
} from "../../queue_log/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { attributeLists } from "../files/attribute_lists.ts";
import {
  formatTransferList,
  parseTransferList,
} from "../files/transfer_list.ts";

/** A folder and its new place, both absolute and without a slash at the end. */
export interface Move {
  /** The folder that the log names. */
  readonly from: string;
  /** The folder that it has to name. */
  readonly to: string;
}

/** What belongs to the user's program. Nobody may change it. */
const ofTheProgram: ReadonlySet<string> = new Set([
  "args",
  "arguments",
  "env",
  "environment",
]);

/** Attributes that hold a list of files. A job may name more of them. */
const fileLists = ["TransferInput", "PublicInputFiles", "CommonInputFiles"];

/**
 * Returns a path below `from` as a path below `to`. Every other text is
 * returned unchanged.
 *
 * @example
 * ```ts
 * import { movedPath } from "./move_paths.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const move = { from: "/hpc/spool", to: "/scratch/q" };
 * assertEquals(movedPath("/hpc/spool/lumberjack/x", move), "/scratch/q/lumberjack/x");
 * assertEquals(movedPath("/hpc/spool2/x", move), "/hpc/spool2/x");
 * ```
 */
export function movedPath(path: string, { from, to }: Move): string {
  return path === from || path.startsWith(`${from}/`)
    ? to + path.slice(from.length)
    : path;
}

/**
 * Writes the table as a log in which every path below `move.from` is below
 * `move.to`: values that are one path, and the elements of lists of files.
 * Arguments and environments of the jobs stay as they are. Throws
 * {@linkcode QueueLogError}, and the errors of the sink.
 */
export function writeMovedLog(
  table: QueueTable,
  sink: QueueLogSink,
  move: Move,
): void {
  const writer = new QueueLogWriter(sink);
  const now = Math.floor(Date.now() / 1000);
  writer.historical(table.sequence, table.creationTimestamp ?? now);
  // Without a move the needle is nowhere, and no value is looked at twice.
  const needle = new TextEncoder().encode(
    move.from === move.to ? "\n" : move.from,
  );
  for (const ad of table.ads()) {
    const changes = changesOf(ad, needle, move);
    writer.copyAd(ad, { skip: (name) => changes.has(name) });
    for (const [name, value] of changes) {
      writer.set(ad.key, name, quote(value));
    }
  }
  writer.flush();
}

/** The values of an ad that change, by the name as it is written there. */
function changesOf(
  ad: QueueAd,
  needle: Uint8Array,
  move: Move,
): Map<string, string> {
  const names: string[] = [];
  ad.visit((name, bytes, start, end) => {
    if (ofTheProgram.has(name.toLowerCase())) return;
    if (holds(bytes, start, end, needle)) names.push(name);
  });
  const changes = new Map<string, string>();
  if (names.length === 0) return changes;
  const lists = new Set(listsOf(ad).map((name) => name.toLowerCase()));
  for (const name of names) {
    const text = stringOf(ad, name);
    if (text === undefined) continue;
    const moved = movedValue(name, text, lists, move);
    if (moved !== text) changes.set(name, moved);
  }
  return changes;
}

function movedValue(
  name: string,
  text: string,
  lists: ReadonlySet<string>,
  move: Move,
): string {
  if (name.toLowerCase() === "transferplugins") {
    // The form is `tag,tag=path;tag=path`.
    return text.split(";").map((rule) => {
      const path = rule.indexOf("=") + 1;
      return rule.slice(0, path) + movedPath(rule.slice(path), move);
    }).join(";");
  }
  if (!lists.has(name.toLowerCase())) return movedPath(text, move);
  const files = parseTransferList(text);
  const moved = files.map((path) => movedPath(path, move));
  return files.every((path, at) => path === moved[at])
    ? text
    : formatTransferList(moved);
}

function listsOf(ad: QueueAd): string[] {
  return [
    ...fileLists,
    ...attributeLists(ad, "TransferQueueInputList"),
    ...attributeLists(ad, "CommonInputCatalogs")
      .map((name) => `_x_catalog_${name}`),
  ];
}

function holds(
  bytes: Uint8Array,
  start: number,
  end: number,
  needle: Uint8Array,
): boolean {
  const last = end - needle.length;
  for (let at = bytes.indexOf(needle[0], start); at >= 0 && at <= last;) {
    let same = 1;
    while (same < needle.length && bytes[at + same] === needle[same]) same++;
    if (same === needle.length) return true;
    at = bytes.indexOf(needle[0], at + 1);
  }
  return false;
}

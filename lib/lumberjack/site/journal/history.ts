/**
 * The history of exports: what passes did, one JSON document a line, in
 * LUMBERJACK_DIR/history.jsonl. It survives the exports, whose folders `lumberjack
 * clean` removes.
 *
 * @module
 */
import { join } from "@std/path";
import { appendRotating, rotatedFiles } from "./rotating_file.ts";

/** What happened. */
export type HistoryEventKind =
  /** Jobs were locked and written. */
  | "exported"
  /** The bundle was sent. */
  | "sent"
  /** A bundle came back and was imported. */
  | "imported"
  /** Jobs that were removed here were unlocked. */
  | "removed"
  /** The site was told to cancel jobs. */
  | "cancelled"
  /** No job of the export is away any more. */
  | "closed"
  /** Jobs that match stay here: their files cannot be read, say. */
  | "stayed"
  /** A step of the site failed. */
  | "failed"
  /** The site works again. */
  | "mended";

/** One thing that a pass did. */
export interface HistoryEvent {
  /** When, ISO 8601, UTC. */
  readonly at: string;
  /** The site. */
  readonly site: string;
  /** What. */
  readonly event: HistoryEventKind;
  /** The export, if it is about one. */
  readonly exportId?: string;
  /** The owner of its jobs. */
  readonly owner?: string;
  /** How many jobs. */
  readonly jobs?: number;
  /** How many bytes travelled. */
  readonly bytes?: number;
  /** How many bytes of output files came home. */
  readonly outputBytes?: number;
  /** How long it took, in seconds. */
  readonly seconds?: number;
  /** What failed, as one line. */
  readonly problem?: string;
}

/** The name of the file in LUMBERJACK_DIR. */
const fileName = "history.jsonl";

const rotation = { maxBytes: 10 * 2 ** 20, keep: 5 };

/** Appends events. */
export function appendHistory(
  folder: string,
  events: readonly HistoryEvent[],
  options: { readonly maxBytes?: number; readonly now?: Date } = {},
): void {
  if (events.length === 0) return;
  const text = events.map((event) => JSON.stringify(event) + "\n").join("");
  appendRotating(join(folder, fileName), text, { ...rotation, ...options });
}

/**
 * Reads the events, oldest first. Lines that are damaged, such as the last line
 * after the disk was full, are passed over.
 */
export function readHistory(folder: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (const path of rotatedFiles(join(folder, fileName))) {
    for (const line of Deno.readTextFileSync(path).split("\n")) {
      const event = parseEvent(line);
      if (event) events.push(event);
    }
  }
  return events;
}

function parseEvent(line: string): HistoryEvent | undefined {
  if (line === "") return undefined;
  try {
    const event: HistoryEvent = JSON.parse(line);
    const isWhole = typeof event.at === "string" &&
      typeof event.site === "string" && typeof event.event === "string" &&
      !Number.isNaN(Date.parse(event.at));
    return isWhole ? event : undefined;
  } catch {
    return undefined;
  }
}

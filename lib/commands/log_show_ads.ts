/**
 * The table of a log that is not a job queue.
 *
 * @module
 */
import type { LogKind, PrintOptions, QueueAd } from "../queue_log/mod.ts";
import { formatTable, type Terminal } from "../terminal/mod.ts";

/** The columns after the key, if no attributes were named. */
const columns: Record<LogKind, readonly string[]> = {
  "job-queue": [],
  accountant: [
    "Priority",
    "PriorityFactor",
    "ResourcesUsed",
    "AccumulatedUsage",
    "RemoteUser",
  ],
  collector: ["MyType", "State", "Offline", "Absent", "LastHeardFrom"],
  other: ["MyType"],
};

const pageSize = 1000;

/** Prints the ads in the order of the file. Returns how many there are. */
export function showAds(
  kind: LogKind,
  ads: Iterable<QueueAd>,
  options: PrintOptions,
  terminal: Terminal,
): number {
  const names = options.attributes ?? columns[kind];
  let page: string[][] = [["KEY", ...names]];
  let count = 0;
  for (const ad of ads) {
    count++;
    page.push([ad.key, ...names.map((name) => textOf(ad, name))]);
    if (page.length > pageSize) {
      terminal.write(formatTable(page));
      page = [];
    }
  }
  terminal.write(formatTable(page));
  terminal.message(`${count} ad${count === 1 ? "" : "s"}`);
  return count;
}

function textOf(ad: QueueAd, name: string): string {
  return ad.text(name) ?? (name === "MyType" ? ad.myType : "");
}

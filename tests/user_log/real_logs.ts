/**
 * Logs that real daemons wrote, with one event of each kind that the tests
 * could cause.
 */
import type { EventFormat } from "../../lib/user_log/mod.ts";

/** A log and its format. */
export interface RealLog {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly format: EventFormat;
}

const folder = new URL("../data/user_logs/", import.meta.url);

function read(name: string, format: EventFormat): RealLog {
  return { name, bytes: Deno.readFileSync(new URL(name, folder)), format };
}

/** Pairs of logs into which HTCondor wrote the same events. */
export const pairs: readonly (readonly [RealLog, RealLog])[] = [[
  read("23.9.6-classic.log", {
    log: "classic",
    isoDate: true,
    utc: true,
    subSecond: true,
  }),
  read("23.9.6-json.log", {
    log: "json",
    isoDate: true,
    utc: true,
    subSecond: true,
  }),
], [
  read("25.14.1-json.log", {
    log: "json",
    isoDate: true,
    utc: false,
    subSecond: true,
  }),
  read("25.14.1-xml.log", {
    log: "xml",
    isoDate: true,
    utc: false,
    subSecond: true,
  }),
]];

/** All logs. */
export const realLogs: readonly RealLog[] = pairs.flat();

/**
 * Returns an event's text without the parts that the event's ad lacks, because
 * nobody can write them from the ad. These are the table of resources of an
 * evicted event, the number of decimal places of a usage, and that an event
 * happened less than a millisecond after the full second: HTCondor knows the
 * microseconds and writes `.000` then, and nothing after a full second. A log has
 * milliseconds only.
 */
export function withoutWhatAdsLack(event: string): string {
  return event.trim()
    .replace(/(EventTime\W[^]{0,12}[\d-]+T[\d:]+)\.000(?!\d)/, "$1")
    .replace(/(Job was evicted[^]*?)\tPartitionable[^]*\n\.\.\.$/, "$1...")
    .replace(
      /("\w+Usage": )(\d+\.\d+)/g,
      (_, name, value) => name + Number(Number(value).toFixed(2)),
    );
}

/** Logs that real daemons wrote, one event of each kind that could be provoked. */
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

/** All of them. */
export const realLogs: readonly RealLog[] = pairs.flat();

/**
 * An event's text without what an event's ad does not hold, so that nobody can
 * write it from the ad: the table of resources of an evicted event, and how many
 * places a usage has.
 */
export function withoutWhatAdsLack(event: string): string {
  return event.trim()
    .replace(/(Job was evicted[^]*?)\tPartitionable[^]*\n\.\.\.$/, "$1...")
    .replace(
      /("\w+Usage": )(\d+\.\d+)/g,
      (_, name, value) => name + Number(Number(value).toFixed(2)),
    );
}

/**
 * How a log is written: as text, XML or JSON, and its times.
 *
 * @module
 */
import type { TimeFormat } from "./event_time.ts";
import type { LogFormat, UserLogEvent } from "./event.ts";

/** How a log is written. */
export interface EventFormat extends TimeFormat {
  /** As text, or as ads. */
  readonly log: LogFormat;
}

/** What HTCondor writes when nothing is configured. */
export const defaultFormat: EventFormat = {
  log: "classic",
  isoDate: true,
  utc: false,
  subSecond: false,
};

/**
 * Reads the options of `DEFAULT_USERLOG_FORMAT_OPTIONS` or
 * `EVENT_LOG_FORMAT_OPTIONS`: XML, JSON, ISO_DATE, UTC, SUB_SECOND and LEGACY,
 * each with `!` before it to switch it off.
 *
 * HTCondor takes XML and JSON from this knob for its global log only. Whether
 * the log of a job is XML (1) or JSON (2) is said by the job's attribute
 * `UserLogUseXML`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defaultFormat, parseFormatOptions } from "./format.ts";
 *
 * assertEquals(parseFormatOptions("UTC, SUB_SECOND"), {
 *   ...defaultFormat,
 *   utc: true,
 *   subSecond: true,
 * });
 * ```
 */
export function parseFormatOptions(
  text: string,
  start: EventFormat = defaultFormat,
): EventFormat {
  let { isoDate, utc, subSecond } = start;
  let xml = start.log === "xml";
  let json = start.log === "json";
  for (const word of text.split(/[\s,]+/)) {
    const on = !word.startsWith("!");
    switch (word.replace(/^!/, "").toUpperCase()) {
      case "XML":
        xml = on;
        break;
      case "JSON":
        json = on;
        break;
      case "ISO_DATE":
        isoDate = on;
        break;
      case "UTC":
        utc = on;
        break;
      case "SUB_SECOND":
        subSecond = on;
        break;
      case "LEGACY":
        isoDate = !on;
        if (on) utc = subSecond = false;
    }
  }
  // HTCondor asks for JSON first.
  return {
    log: json ? "json" : xml ? "xml" : "classic",
    isoDate,
    utc,
    subSecond,
  };
}

/**
 * How a log is written whose first byte is this one, as HTCondor's reader
 * decides; undefined for space, which says nothing. Any other byte counts as
 * text, where HTCondor gives up on the log.
 */
export function formatOfFirstByte(byte: number): LogFormat | undefined {
  if (byte === 32 || (byte >= 9 && byte <= 13)) return undefined;
  return byte === 60 ? "xml" : byte === 123 ? "json" : "classic";
}

const HEADER_TIME =
  /^\d{3} \([^)]*\) (?:(\d{4})-\d\d-\d\d|\d\d\/\d\d)[ T]\d\d:\d\d:\d\d(\.\d+)?(Z?)/;

/**
 * The format of the log that an event was read from, as far as it shows: a
 * writer that uses it writes as the log's last writer did.
 */
export function formatOfEvent(event: UserLogEvent): EventFormat {
  const { format: log, time } = event;
  if (log !== "classic") {
    const subSecond = time.microseconds !== 0;
    return { log, isoDate: true, utc: time.utc, subSecond };
  }
  const header = String.fromCharCode(...event.bytes.subarray(0, 100));
  const [, year, fraction, zone] = HEADER_TIME.exec(header) ?? [];
  return {
    log,
    isoDate: year !== undefined,
    utc: zone === "Z",
    subSecond: fraction !== undefined,
  };
}

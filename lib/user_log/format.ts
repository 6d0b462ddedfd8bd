/**
 * How a log is written: as text, XML or JSON, and its times.
 *
 * @module
 */
import type { TimeFormat } from "./event_time.ts";
import type { LogFormat, UserLogEvent } from "./event.ts";

/** The format of a log. */
export interface EventFormat extends TimeFormat {
  /** Whether events are text or ads. */
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
 * `EVENT_LOG_FORMAT_OPTIONS`: XML, JSON, ISO_DATE, UTC, SUB_SECOND and LEGACY.
 * `!` before an option switches it off.
 *
 * HTCondor obeys XML and JSON in this knob only for its global log. For the log
 * of a job, the job's attribute `UserLogUseXML` decides: 1 is XML, 2 is JSON.
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
 * Returns the format of a log by its first byte, as HTCondor's reader decides.
 * White space decides nothing: the answer is undefined. Any other byte counts as
 * text. (HTCondor's reader gives up on such a log.)
 */
export function formatOfFirstByte(byte: number): LogFormat | undefined {
  if (byte === 32 || (byte >= 9 && byte <= 13)) return undefined;
  return byte === 60 ? "xml" : byte === 123 ? "json" : "classic";
}

const HEADER_TIME =
  /^\d{3} \([^)]*\) (?:(\d{4})-\d\d-\d\d|\d\d\/\d\d)[ T]\d\d:\d\d:\d\d(\.\d+)?(Z?)/;

/**
 * Returns the format of the log that an event was read from, as far as the event
 * shows it. Give it the last event of a log, and you write as the last writer did.
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

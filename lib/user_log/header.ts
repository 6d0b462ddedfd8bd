/**
 * The header of a classic event:
 *
 *     005 (016.000.000) 2026-11-28 03:19:06 Job terminated.
 *
 * @module
 */
import {
  type EventTime,
  parseHeaderTime,
  type TimeOptions,
} from "./event_time.ts";

/** The contents of a header, and where the body begins. */
export interface Header {
  readonly number: number;
  readonly cluster: number;
  readonly proc: number;
  readonly subproc: number;
  readonly time: EventTime;
  /** Where the body begins, counted from the start of the line. */
  readonly bodyAt: number;
}

const HEADER =
  /^(\d{3}) \(\s*([+-]?\d*)\.\s*([+-]?\d*)\.\s*([+-]?\d*)\) (\d\d\/.{2} [^ ]*|[^ ]{10} [^ ]*|[^ ]+) ?/;

/**
 * Reads the header at the start of a line. The line has its newline. Returns
 * undefined if HTCondor would not accept the header.
 */
export function parseHeader(
  line: string,
  options: TimeOptions = {},
): Header | undefined {
  const found = HEADER.exec(line);
  if (found === null) return undefined;
  const [all, number, cluster, proc, subproc, when] = found;
  // There is always a blank between the time and the text.
  if (!all.endsWith(" ")) return undefined;
  const time = parseHeaderTime(when, options);
  if (time === undefined) return undefined;
  return {
    number: Number(number),
    cluster: Number(cluster) | 0,
    proc: Number(proc) | 0,
    subproc: Number(subproc) | 0,
    time,
    bodyAt: all.length,
  };
}

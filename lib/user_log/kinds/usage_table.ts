/**
 * The table of resources at the end of a terminated or evicted event:
 *
 *     Partitionable Resources :    Usage  Request Allocated Assigned
 *        Cpus                 :        0        1         1
 *        Disk (KB)            :       51       45   1542733
 *
 * A row holds the attributes `CpusUsage`, `RequestCpus`, `Cpus` and
 * `AssignedCpus`. The heading says where the columns are.
 *
 * @module
 */
import { type ClassAd, type Expr, unparse } from "../../classad/mod.ts";
import { expression } from "./kind.ts";

/** Where the columns end, in characters after the colon. */
interface Columns {
  readonly usage: number;
  readonly request: number;
  readonly allocated: number;
  /** Where the last column begins. */
  readonly assigned: number;
}

/** Whether a line is the heading of the table. */
export function isHeading(line: string): boolean {
  return line.startsWith("\tPartitionable ") || line.startsWith("\tResources");
}

/** Reads the heading. */
export function readHeading(line: string): Columns {
  const table = line.slice(Math.max(line.indexOf(":"), 0) + 1);
  const words = /^( *[^ ]*)( *[^ ]*) */.exec(table)!;
  const usage = words[1].length + 1;
  const request = words[1].length + words[2].length + 1;
  const allocatedAt = table.indexOf("Allocated", words[0].length);
  if (allocatedAt < 0) return { usage, request, allocated: -1, assigned: -1 };
  const assigned = table.indexOf("Assigned", allocatedAt);
  return { usage, request, allocated: allocatedAt + 9, assigned };
}

/** Reads a row into `ad`. A line without a colon is not a row. */
export function readRow(line: string, columns: Columns, ad: ClassAd): void {
  const tag = /^[\t ]*([^ :]*)/.exec(line)!;
  const colon = line.indexOf(":", tag[0].length);
  if (colon < 0) return;
  const table = line.slice(colon + 1);
  const set = (name: string, text: string) => {
    const value = expression(text);
    if (value && name !== "") ad.set(name, value);
  };
  const { usage, request, allocated, assigned } = columns;
  set(`${tag[1]}Usage`, table.slice(0, usage));
  set(`Request${tag[1]}`, table.slice(usage, request));
  if (allocated > 0) set(tag[1], table.slice(request, allocated));
  if (assigned > 0) set(`Assigned${tag[1]}`, table.slice(assigned));
}

const UNITS: Readonly<Record<string, string>> = {
  Memory: " (MB)",
  Disk: " (KB)",
  Gpus: " (Average)",
  GpusMemory: " (MB)",
  TimeExecute: " (s)",
  TimeSlotBusy: " (s)",
};

interface Row {
  usage: string;
  request: string;
  allocated: string;
  assigned: string;
}

const EMPTY: Row = { usage: "", request: "", allocated: "", assigned: "" };

/**
 * Returns the attributes of the table: plain values under names that the event
 * does not use itself. HTCondor keeps the same attributes when it reads a classic
 * log. From its own JSON and XML it keeps only resources that have both `RequestX`
 * and `X`, and loses rows such as `TimeExecuteUsage`.
 */
export function usageAttributes(
  ad: ClassAd,
  reserved: ReadonlySet<string>,
): [name: string, value: Expr][] {
  return [...ad].filter(([name, value]) =>
    value.kind === "literal" && /^\w+$/.test(name) &&
    !reserved.has(name.toLowerCase())
  );
}

function cell(value: Expr): string {
  if (value.kind === "literal" && typeof value.value === "number") {
    const whole = Math.trunc(value.value);
    return value.value > whole ? value.value.toFixed(2) : String(whole);
  }
  return unparse(value);
}

/** Returns the lines of the table. Without resources there are none. */
export function usageLines(
  attributes: Iterable<readonly [name: string, value: Expr]>,
): string[] {
  const rows = new Map<string, Row>();
  const set = (tag: string, part: Partial<Row>) =>
    rows.set(tag, { ...rows.get(tag) ?? EMPTY, ...part });
  for (const [name, value] of attributes) {
    const text = cell(value);
    if (name.startsWith("Request")) set(name.slice(7), { request: text });
    else if (name.startsWith("Assigned")) {
      set(name.slice(8), { assigned: text });
    } else if (/Usage$/.test(name)) {
      set(name.replace(/(Average)?Usage$/, ""), { usage: text });
    } else set(name, { allocated: text });
  }
  if (rows.size === 0) return [];
  pad(rows);
  return layOut(rows);
}

/** Pads whole numbers with blanks if another number in the column has a fraction. */
function pad(rows: Map<string, Row>): void {
  for (const part of ["usage", "request", "allocated", "assigned"] as const) {
    const values = [...rows.values()].map((row) => row[part]);
    if (!values.some((value) => /^-?\d+\.\d\d$/.test(value))) continue;
    for (const row of rows.values()) {
      if (/^\d+$/.test(row[part])) row[part] += "   ";
    }
  }
}

function layOut(rows: Map<string, Row>): string[] {
  const widest = (part: keyof Row, least: number) =>
    Math.max(least, ...[...rows.values()].map((row) => row[part].length));
  const label = Math.max(12, ...[...rows.keys()].map((name) => name.length));
  const usage = widest("usage", 8);
  const request = widest("request", 8);
  const allocated = widest("allocated", 9);
  const line = (cells: readonly string[], last: string) =>
    `${cells[0].padStart(usage)} ${cells[1].padStart(request)} ` +
    `${cells[2].padStart(allocated)} ${last}`;
  const assigned = widest("assigned", 0) > 0 ? "Assigned" : "";
  const heading = line(["Usage", "Request", "Allocated"], assigned);
  const names = [...rows.keys()].filter((name) => name !== "").sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1
  );
  return [
    `\tPartitionable Resources : ${heading}`,
    ...names.map((name) => {
      const row = rows.get(name)!;
      const cells = line([row.usage, row.request, row.allocated], row.assigned);
      return `\t   ${
        (name + (UNITS[name] ?? "")).padEnd(label + 8)
      } : ${cells}`;
    }),
  ];
}

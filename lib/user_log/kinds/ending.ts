/**
 * The end of a run: evicted (004), terminated (005), a node of a parallel job
 * terminated (015), aborted (009), a POST script of DAGMan ended (016), a
 * dataflow job skipped (046). Also checkpointed (003).
 */
import type { ClassAd } from "../../classad/mod.ts";
import type { BodyLines } from "../body.ts";
import {
  type Attribute,
  boolean,
  bytes,
  integer,
  integerOf,
  integerUnlessZero,
  nested,
  readUsage,
  realOf,
  text,
  textOf,
  usage,
  usageText,
} from "../fields.ts";
import { scan, trim } from "../scan.ts";
import type { EventKind } from "./kind.ts";
import { readTag, tagLines } from "./tag_of_execution.ts";
import {
  isHeading,
  readHeading,
  readRow,
  usageAttributes,
  usageLines,
} from "./usage_table.ts";

const set = (ad: ClassAd, name: string, value: string | number) =>
  ad.set(name, typeof value === "number" ? BigInt(value) : value);

/** `(1) Normal termination (return value 0)`, and the core file of a signal. */
export function readStatus(body: BodyLines, ad: ClassAd): boolean {
  const [normal, rest] = scan(body.next() ?? "", "\t(%d) %127[^\r\n]");
  if (typeof rest !== "string") return false;
  ad.set("TerminatedNormally", normal !== 0);
  if (normal !== 0) {
    const [value] = scan(rest, "Normal termination (return value %d)");
    if (value === undefined) return false;
    set(ad, "ReturnValue", value);
    return true;
  }
  const [signal] = scan(rest, "Abnormal termination (signal %d)");
  if (signal === undefined) return false;
  set(ad, "TerminatedBySignal", signal);
  return readCore(body, ad);
}

const CORE = "(1) Corefile in: ";

function readCore(body: BodyLines, ad: ClassAd): boolean {
  const line = trim(body.next() ?? "");
  if (line.startsWith(CORE)) ad.set("CoreFile", line.slice(CORE.length));
  return line.startsWith(CORE) || line.startsWith("(0)");
}

function statusLines(ad: ClassAd): string[] {
  if (integerOf(ad, "TerminatedNormally")) {
    const value = integerOf(ad, "ReturnValue") ?? -1n;
    return [`\t(1) Normal termination (return value ${value})`];
  }
  const signal = integerOf(ad, "TerminatedBySignal") ?? -1n;
  const core = textOf(ad, "CoreFile");
  return [
    `\t(0) Abnormal termination (signal ${signal})`,
    core ? `\t${CORE}${core}` : "\t(0) No core file",
  ];
}

function readUsages(
  body: BodyLines,
  ad: ClassAd,
  names: readonly string[],
): boolean {
  for (const name of names) {
    // The line is indented. scanf() accepts any white space there.
    const line = body.next();
    if (line === undefined || !/^[ \t\n\v\f\r]*Usr/.test(line)) return false;
    const value = readUsage(line.trimStart());
    if (value === undefined) return false;
    ad.set(name, value);
  }
  return true;
}

const RUN = ["RunRemoteUsage", "RunLocalUsage"];
const TOTAL = ["TotalRemoteUsage", "TotalLocalUsage"];
const TITLES: Readonly<Record<string, string>> = {
  RunRemoteUsage: "Run Remote Usage",
  RunLocalUsage: "Run Local Usage",
  TotalRemoteUsage: "Total Remote Usage",
  TotalLocalUsage: "Total Local Usage",
};

function usagesLines(
  ad: ClassAd,
  names: readonly string[],
  indent: string,
): string[] {
  return names.map((name) =>
    `${indent}${usageText(textOf(ad, name) ?? "")}  -  ${TITLES[name]}`
  );
}

/** `%.0f` */
export function wholeNumber(value: number): string {
  const whole = Math.floor(value);
  const half = value - whole === 0.5;
  const rounded = half && whole % 2 === 0 ? whole : Math.round(value);
  return Number.isFinite(rounded)
    ? BigInt(rounded).toString()
    : String(rounded).toLowerCase().replace("infinity", "inf");
}

function bytesLine(ad: ClassAd, name: string, title: string): string {
  return `\t${wholeNumber(realOf(ad, name) ?? 0)}  -  ${title}`;
}

const usages = (names: readonly string[]): Attribute[] => names.map(usage);

/** 003 */
export const checkpointed: EventKind = {
  read(body, ad) {
    if (body.after("Job was checkpointed.") === undefined) return false;
    if (!readUsages(body, ad, RUN)) return false;
    const line = body.next();
    if (line === undefined) return true;
    const [sent] = scan(line, "\t%f  -  Run Bytes Sent By Job For Checkpoint");
    if (sent === undefined) return false;
    ad.set("SentBytes", Number(sent));
    return true;
  },
  attributes: [...usages(RUN), bytes("SentBytes")],
  write: (ad) => [
    "Job was checkpointed.",
    ...usagesLines(ad, RUN, "\t"),
    bytesLine(ad, "SentBytes", "Run Bytes Sent By Job For Checkpoint"),
  ],
};

function readBytes(body: BodyLines, ad: ClassAd): boolean {
  for (
    const [name, direction] of [
      ["SentBytes", "Sent"],
      ["ReceivedBytes", "Received"],
    ]
  ) {
    const format = `\t%f  -  Run Bytes ${direction} By Job`;
    const [count] = scan(body.next() ?? "", format);
    if (count === undefined) return false;
    ad.set(name, Number(count));
  }
  return true;
}

const REQUEUED = "Job terminated and was requeued";

/** 004 */
export const evicted: EventKind = {
  read(body, ad) {
    const first = body.after("Job was evicted.");
    if (first === undefined) return false;
    const [code, subcode] = scan(first, " Code %d Subcode %d");
    if (code !== undefined) set(ad, "ReasonCode", code);
    if (subcode !== undefined) set(ad, "ReasonSubCode", subcode);
    const [checkpointed, what] = scan(
      body.next() ?? "",
      "\t(%d) %127[a-zA-z ]",
    );
    if (what === undefined) return false;
    ad.set("Checkpointed", checkpointed !== 0);
    const requeued = String(what).startsWith(REQUEUED);
    ad.set("TerminatedAndRequeued", requeued);
    if (!readUsages(body, ad, RUN)) return false;
    if (!readBytes(body, ad)) return true;
    if (requeued && !readStatus(body, ad)) return false;
    const reason = body.next();
    if (
      reason === undefined || reason.startsWith("\tPartitionable Resources")
    ) {
      return true;
    }
    const prefix = "\tReason: ";
    ad.set(
      "Reason",
      reason.startsWith(prefix) ? reason.slice(prefix.length) : trim(reason),
    );
    return true;
  },
  attributes: [
    boolean("Checkpointed"),
    ...usages(RUN),
    bytes("SentBytes"),
    bytes("ReceivedBytes"),
    boolean("TerminatedAndRequeued"),
    boolean("TerminatedNormally"),
    integer("ReturnValue", undefined, 0),
    integer("TerminatedBySignal", undefined, 0),
    text("Reason"),
    integerUnlessZero("ReasonCode"),
    integerUnlessZero("ReasonSubCode"),
    text("CoreFile"),
  ],
  write(ad) {
    const code = integerOf(ad, "ReasonCode");
    const subcode = integerOf(ad, "ReasonSubCode") ?? 0n;
    const requeued = integerOf(ad, "TerminatedAndRequeued");
    const reason = textOf(ad, "Reason");
    return [
      "Job was evicted." + (code ? ` Code ${code} Subcode ${subcode}` : ""),
      requeued
        ? `\t(0) ${REQUEUED}`
        : integerOf(ad, "Checkpointed")
        ? "\t(1) Job was checkpointed."
        : "\t(0) CPU times",
      ...usagesLines(ad, RUN, "\t\t"),
      bytesLine(ad, "SentBytes", "Run Bytes Sent By Job"),
      bytesLine(ad, "ReceivedBytes", "Run Bytes Received By Job"),
      ...requeued ? statusLines(ad) : [],
      // HTCondor 25 writes a code, and then a word before the reason; 23.9 writes
      // neither, and would take the word for a part of the reason.
      ...reason
        ? [code && !requeued ? `\tReason: ${reason}` : `\t${reason}`]
        : [],
    ];
  },
};

const BYTES: Readonly<Record<string, string>> = {
  "Run Sent": "SentBytes",
  "Run Received": "ReceivedBytes",
  "Total Sent": "TotalSentBytes",
  "Total Received": "TotalReceivedBytes",
};

/** Reads what both terminated events have after their first line. */
function readEnd(body: BodyLines, ad: ClassAd, who: "Job" | "Node"): boolean {
  if (!readStatus(body, ad) || !readUsages(body, ad, [...RUN, ...TOTAL])) {
    return false;
  }
  const format = "\t%f  -  %5s Bytes %8s By %21s";
  for (let columns: ReturnType<typeof readHeading> | undefined; !body.done;) {
    const line = body.next()!;
    if (columns) {
      if (!line.includes(":")) break;
      readRow(line, columns, ad);
      continue;
    }
    const [count, part, direction, by] = scan(line, format);
    if (by !== undefined) {
      const name = BYTES[`${part} ${direction}`];
      if (by === who && name) ad.set(name, Number(count));
    } else if (isHeading(line)) columns = readHeading(line);
    else break;
  }
  return true;
}

const END: readonly Attribute[] = [
  text("CoreFile"),
  ...usages([...RUN, ...TOTAL]),
  ...Object.values(BYTES).map(bytes),
];

function endLines(ad: ClassAd, who: "Job" | "Node"): string[] {
  return [
    ...statusLines(ad),
    ...usagesLines(ad, [...RUN, ...TOTAL], "\t\t"),
    bytesLine(ad, "SentBytes", `Run Bytes Sent By ${who}`),
    bytesLine(ad, "ReceivedBytes", `Run Bytes Received By ${who}`),
    bytesLine(ad, "TotalSentBytes", `Total Bytes Sent By ${who}`),
    bytesLine(ad, "TotalReceivedBytes", `Total Bytes Received By ${who}`),
    ...usageLines(usageAttributes(ad, RESERVED)),
  ];
}

/** Names of attributes that are not resources, in lower case. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["EventTypeNumber", "EventTime", "Cluster", "Proc", "Subproc", "MyType"],
  ...["TargetType", "TerminatedNormally", "ReturnValue", "TerminatedBySignal"],
  ...["CoreFile", "ToE", "Node", ...RUN, ...TOTAL, ...Object.values(BYTES)],
].map((name) => name.toLowerCase()));

/** The attributes of the table of resources. */
const resources: Attribute = (from, to) => {
  for (const [name, value] of usageAttributes(from, RESERVED)) {
    to.set(name, value);
  }
};

/** 005 */
export const terminated: EventKind = {
  read(body, ad) {
    if (body.after("Job terminated.") === undefined) return false;
    if (!readEnd(body, ad, "Job")) return false;
    let line = body.next();
    if (line === "") {
      line = body.next();
      // HTCondor refuses an event with two lines after the table.
      if (line !== undefined) return false;
    }
    const tag = line === undefined ? undefined : readTag(line);
    if (tag) ad.set("ToE", tag);
    return true;
  },
  attributes: [
    resources,
    boolean("TerminatedNormally"),
    integer("ReturnValue", undefined, 0),
    integer("TerminatedBySignal", undefined, 0),
    ...END,
    nested("ToE"),
  ],
  write: (ad) => ["Job terminated.", ...endLines(ad, "Job"), ...tagLines(ad)],
};

/** 015 */
export const nodeTerminated: EventKind = {
  read(body, ad) {
    const [node] = scan(body.next() ?? "", "Node %d terminated.");
    if (node === undefined) return false;
    set(ad, "Node", node);
    return readEnd(body, ad, "Node");
  },
  attributes: [
    resources,
    boolean("TerminatedNormally"),
    integer("ReturnValue", -1),
    integer("TerminatedBySignal", -1),
    ...END,
    integer("Node", undefined, 0),
  ],
  write: (ad) => [
    `Node ${integerOf(ad, "Node") ?? -1} terminated.`,
    ...endLines(ad, "Node"),
  ],
};

/** Reads the reason and the ticket of execution after the first line. */
function readReason(body: BodyLines, ad: ClassAd): boolean {
  const reason = body.next();
  if (reason === undefined) return true;
  ad.set("Reason", trim(reason));
  let line = body.next();
  if (line === "") {
    line = body.next();
    if (line === undefined) return false;
  }
  const tag = line === undefined ? undefined : readTag(line);
  if (tag) ad.set("ToE", tag);
  return true;
}

function over(first: string, written: string): EventKind {
  return {
    read: (body, ad) => body.after(first) !== undefined && readReason(body, ad),
    attributes: [text("Reason"), nested("ToE")],
    write(ad) {
      const reason = textOf(ad, "Reason");
      const tag = tagLines(ad);
      // Without a line for the reason, HTCondor would read the empty line before
      // the ticket as the reason.
      return [
        written,
        ...reason || tag.length > 0 ? [`\t${reason ?? ""}`] : [],
        ...tag,
      ];
    },
  };
}

/** 009 */
export const aborted = over("Job was aborted", "Job was aborted.");
/** 046 */
export const dataflowSkipped = over(
  "Dataflow job was skipped.",
  "Dataflow job was skipped.",
);

const NODE = "DAG Node: ";

/** 016 */
export const postScriptTerminated: EventKind = {
  read(body, ad) {
    if (body.after("POST Script terminated.") === undefined) return false;
    const [normal, rest] = scan(body.next() ?? "", "\t(%d) %127[^\r\n]");
    if (typeof rest !== "string") return false;
    ad.set("TerminatedNormally", normal === 1);
    const format = normal === 1
      ? "Normal termination (return value %d)"
      : "Abnormal termination (signal %d)";
    const [value] = scan(rest, format);
    if (value === undefined) return false;
    set(ad, normal === 1 ? "ReturnValue" : "TerminatedBySignal", value);
    const node = trim(body.next() ?? "");
    if (node.startsWith(NODE)) ad.set("DAGNodeName", node.slice(NODE.length));
    return true;
  },
  attributes: [
    boolean("TerminatedNormally"),
    integer("ReturnValue", undefined, 0),
    integer("TerminatedBySignal", undefined, 0),
    text("DAGNodeName"),
  ],
  write(ad) {
    const node = textOf(ad, "DAGNodeName");
    return [
      "POST Script terminated.",
      statusLines(ad)[0],
      ...node ? [`    ${NODE}${node.slice(0, 8191)}`] : [],
    ];
  },
};

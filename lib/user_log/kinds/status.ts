/**
 * What happens to a job between its start and its end: 002, 006 to 008, 010 to
 * 013, 021, and the events that have only one line (029, 030).
 */
import {
  bytes,
  integer,
  integerOf,
  realOf,
  text,
  textAlways,
  textOf,
} from "../fields.ts";
import type { BodyLines } from "../body.ts";
import type { ClassAd } from "../../classad/mod.ts";
import { scan, trim } from "../scan.ts";
import { wholeNumber } from "./ending.ts";
import type { EventKind } from "./kind.ts";

const CODES = "\tCode %d Subcode %d";

/** An event that has only one line. */
export function plain(line: string): EventKind {
  return {
    read: (body) => body.after(line) !== undefined,
    attributes: [],
    write: () => [line],
  };
}

const EXECUTABLE_ERRORS = [
  "Job file not executable.",
  "Job not properly linked for Condor.",
];

/** 002 */
export const executableError: EventKind = {
  read(body, ad) {
    const number = /^\(\s*([+-]?\d+)\)/.exec(body.next() ?? "")?.[1];
    if (number === undefined) return false;
    ad.set("ExecuteErrorType", BigInt(number));
    return true;
  },
  attributes: [integer("ExecuteErrorType", undefined, 0)],
  write(ad) {
    const number = integerOf(ad, "ExecuteErrorType") ?? -1n;
    const what = EXECUTABLE_ERRORS[Number(number)] ?? "[Bad error number.]";
    return [`(${number}) ${what}`];
  },
};

const SIZES = ["MemoryUsage", "ResidentSetSize", "ProportionalSetSize"];

/** 006 */
export const imageSize: EventKind = {
  read(body, ad) {
    const rest = body.after("Image size of job updated: ") ?? "";
    const size = /^[ \t]*([+-]?\d+)/.exec(rest)?.[1];
    if (size === undefined) return false;
    ad.set("Size", BigInt.asIntN(64, BigInt(size)));
    for (;;) {
      const found = /^\s*([+-]?\d+)\s+-\s*(\S*)/.exec(
        body.nextWithin(250) ?? "",
      );
      const name = SIZES.find((name) =>
        name.toLowerCase() === found?.[2].toLowerCase()
      );
      if (found === null || name === undefined) return true;
      ad.set(name, BigInt.asIntN(64, BigInt(found[1])));
    }
  },
  attributes: [
    integer("Size", undefined, 0),
    integer("MemoryUsage", undefined, 0),
    integer("ResidentSetSize", 0, 0),
    integer("ProportionalSetSize", undefined, 0),
  ],
  write(ad) {
    const units = ["MB", "KB", "KB"];
    const lines = [`Image size of job updated: ${integerOf(ad, "Size") ?? -1}`];
    SIZES.forEach((name, index) => {
      const size = integerOf(ad, name);
      if (size === undefined || size < 0n) return;
      lines.push(`\t${size}  -  ${name} of job (${units[index]})`);
    });
    return lines;
  },
};

/** 007 */
export const shadowException: EventKind = {
  read(body, ad) {
    if (body.after("Shadow exception!") === undefined) return false;
    const message = body.next();
    if (message === undefined) return true;
    ad.set("Message", trim(message));
    for (
      const [name, what] of [["SentBytes", "Sent"], [
        "ReceivedBytes",
        "Received",
      ]]
    ) {
      const format = `\t%f  -  Run Bytes ${what} By Job`;
      const [count] = scan(body.next() ?? "", format);
      if (count === undefined) return true;
      ad.set(name, Number(count));
    }
    return true;
  },
  attributes: [
    textAlways("Message"),
    bytes("SentBytes"),
    bytes("ReceivedBytes"),
  ],
  write(ad) {
    const count = (name: string) => wholeNumber(realOf(ad, name) ?? 0);
    return [
      "Shadow exception!",
      `\t${textOf(ad, "Message") ?? ""}`,
      `\t${count("SentBytes")}  -  Run Bytes Sent By Job`,
      `\t${count("ReceivedBytes")}  -  Run Bytes Received By Job`,
    ];
  },
};

/** The largest length of the text of a generic event. */
const INFO = 1023;

/** 008 */
export const generic: EventKind = {
  read(body, ad) {
    const info = body.next();
    if (info === undefined || info.length > INFO) return false;
    ad.set("Info", info);
    return true;
  },
  attributes: [text("Info")],
  write: (ad) => [(textOf(ad, "Info") ?? "").slice(0, INFO)],
};

/** 010 */
export const suspended: EventKind = {
  read(body, ad) {
    if (body.after("Job was suspended.") === undefined) return false;
    const format = "\tNumber of processes actually suspended: %d";
    const [count] = scan(body.next() ?? "", format);
    if (count === undefined) return false;
    ad.set("NumberOfPIDs", BigInt(count));
    return true;
  },
  attributes: [integer("NumberOfPIDs", -1)],
  write: (ad) => [
    "Job was suspended.",
    "\tNumber of processes actually suspended: " +
    (integerOf(ad, "NumberOfPIDs") ?? -1n),
  ],
};

/** 012 */
export const held: EventKind = {
  read(body, ad) {
    if (body.after("Job was held.") === undefined) return false;
    const reason = body.next();
    if (reason === undefined) return true;
    if (trim(reason) !== "Reason unspecified") {
      ad.set("HoldReason", trim(reason));
    }
    readCodes(body.next() ?? "", ad);
    return true;
  },
  attributes: [
    text("HoldReason"),
    integer("HoldReasonCode", 0),
    integer("HoldReasonSubCode", 0),
  ],
  write: (ad) => [
    "Job was held.",
    `\t${textOf(ad, "HoldReason") || "Reason unspecified"}`,
    codesLine(ad),
  ],
};

function readCodes(line: string, ad: ClassAd): boolean {
  const [code, subcode] = scan(line, CODES);
  if (subcode === undefined) return false;
  ad.set("HoldReasonCode", BigInt(code));
  ad.set("HoldReasonSubCode", BigInt(subcode));
  return true;
}

function codesLine(ad: ClassAd): string {
  const code = integerOf(ad, "HoldReasonCode") ?? 0n;
  return `\tCode ${code} Subcode ${integerOf(ad, "HoldReasonSubCode") ?? 0n}`;
}

/** 013 */
export const released: EventKind = {
  read(body, ad) {
    if (body.after("Job was released.") === undefined) return false;
    ad.set("Reason", trim(body.next() ?? ""));
    return true;
  },
  attributes: [text("Reason")],
  write(ad) {
    const reason = textOf(ad, "Reason");
    return ["Job was released.", ...reason ? [`\t${reason}`] : []];
  },
};

/** 021 */
export const remoteError: EventKind = {
  read(body, ad) {
    const line = trim(body.next() ?? "");
    const from = line.indexOf(" from ");
    if (from < 0) return false;
    if (line.slice(0, from).trim() === "Warning") ad.set("CriticalError", 0n);
    let host = trim(line.slice(from + 6));
    const on = host.indexOf(" on ");
    if (on > 0) {
      ad.set("Daemon", trim(host.slice(0, on)));
      host = trim(host.slice(on + 4));
    }
    ad.set("ExecuteHost", host.replace(/:$/, ""));
    readErrorText(body, ad);
    return true;
  },
  attributes: [
    text("Daemon"),
    text("ExecuteHost"),
    text("ErrorMsg"),
    (from, to) => {
      if (integerOf(from, "CriticalError") === 0n) to.set("CriticalError", 0n);
    },
    (from, to) => {
      const code = integerOf(from, "HoldReasonCode");
      if (!code) return;
      to.set("HoldReasonCode", code);
      to.set("HoldReasonSubCode", integerOf(from, "HoldReasonSubCode") ?? 0n);
    },
  ],
  write(ad) {
    const kind = ad.has("CriticalError") ? "Message" : "Error";
    const daemon = textOf(ad, "Daemon") ?? "";
    const lines = [
      `${kind} from ${daemon} on ${textOf(ad, "ExecuteHost") ?? ""}:`,
    ];
    const message = textOf(ad, "ErrorMsg") ?? "";
    for (const line of message.replace(/\n$/, "").split("\n")) {
      if (message !== "") lines.push(`\t${line}`);
    }
    if (ad.has("HoldReasonCode")) lines.push(codesLine(ad));
    return lines;
  },
};

function readErrorText(body: BodyLines, ad: ClassAd): void {
  const lines: string[] = [];
  while (!body.done) {
    const line = body.next()!.replace(/^\t/, "");
    if (readCodes(line, ad)) break;
    // HTCondor drops an empty line at the start.
    if (lines.length > 0 && lines.join("") === "") lines.pop();
    lines.push(line);
  }
  ad.set("ErrorMsg", lines.join("\n"));
}

/**
 * Events that hold attributes: 028, 033, 034, events of unknown kinds, and events
 * of a startd's log (100 to 112).
 */
import type { ClassAd, Expr } from "../../classad/mod.ts";
import type { BodyLines } from "../body.ts";
import { type Attribute, text, textAlways, textOf } from "../fields.ts";
import { scan, trim } from "../scan.ts";
import { attributeLines, type EventKind, readAttribute } from "./kind.ts";

/** Attributes of the header, in lower case. The body cannot override them. */
const HEADER = new Set(
  ["eventtypenumber", "eventtime", "cluster", "proc", "subproc", "mytype"],
);

const everything: Attribute = (from, to) => {
  for (const [name, value] of from) {
    if (!HEADER.has(name.toLowerCase())) to.set(name, value);
  }
};

/** 028 */
export const jobAdInformation: EventKind = {
  read(body, ad) {
    const first = body.after("Job ad information event triggered.");
    if (first === undefined || body.done) return false;
    while (!body.done) {
      const attribute = readAttribute(body.next()!);
      if (attribute === undefined) return false;
      ad.set(...attribute);
    }
    return true;
  },
  attributes: [everything],
  write: (ad) => [
    "Job ad information event triggered.",
    ...attributeLines(ad, ""),
  ],
};

/** 033 */
export const attributeUpdate: EventKind = {
  read(body, ad) {
    const line = body.next();
    if (line === undefined) return false;
    const format = "Changing job attribute %4095s from %4095s to %4095s";
    const changed = scan(line, format);
    // HTCondor tries the second format only for an empty line. So it loses the
    // name and the value of an attribute that was set for the first time.
    const first = scan(line, "Setting job attribute %4095s to %4095s");
    const [name, value] = changed.length > 0 ? [changed[0], changed[2]] : first;
    ad.set("Attribute", String(name ?? ""));
    ad.set("Value", String(value ?? ""));
    return true;
  },
  attributes: [
    (from, to) => copyText(from, to, "Attribute"),
    (from, to) => copyText(from, to, "Value"),
  ],
  write: (ad) => [
    `Setting job attribute ${textOf(ad, "Attribute") ?? ""} to ` +
    (textOf(ad, "Value") ?? ""),
  ],
};

function copyText(from: ClassAd, to: ClassAd, name: string): void {
  const value = textOf(from, name);
  if (value !== undefined) to.set(name, value);
}

/** 034 */
export const preSkip: EventKind = {
  read(body, ad) {
    if (body.next() === undefined) return false;
    const notes = trim(body.next() ?? "");
    ad.set("SkipEventLogNotes", notes);
    return notes !== "";
  },
  attributes: [text("SkipEventLogNotes")],
  write(ad) {
    const notes = textOf(ad, "SkipEventLogNotes");
    if (!notes) return undefined;
    return [
      "PRE script return value is PRE_SKIP value",
      `    ${notes.slice(0, 8191)}`,
    ];
  },
};

function readHead(body: BodyLines, ad: ClassAd): void {
  ad.set("EventHead", body.next() ?? "");
  while (!body.done) {
    const attribute = readAttribute(body.next()!);
    // An attribute of the body cannot replace the head.
    if (attribute && !/^eventhead$/i.test(attribute[0])) ad.set(...attribute);
  }
}

function rest(ad: ClassAd): [name: string, value: Expr][] {
  return [...ad].filter(([name]) => {
    const key = name.toLowerCase();
    return !HEADER.has(key) && key !== "eventhead" &&
      key !== "eventpayloadlines";
  });
}

/** An event whose number HTCondor does not know. */
export const future: EventKind = {
  read(body, ad) {
    readHead(body, ad);
    return true;
  },
  attributes: [textAlways("EventHead"), everything],
  write: (ad) => [
    textOf(ad, "EventHead") ?? "",
    ...attributeLines(rest(ad), ""),
  ],
};

/** An event of a startd's log. */
export const startd: EventKind = {
  ...future,
  write: (ad) => [
    textOf(ad, "EventHead") ?? "",
    ...attributeLines(rest(ad), "  "),
  ],
};

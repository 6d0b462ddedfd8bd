/** Submit events: of a job (000) and of a cluster (035). */
import {
  ClassAd,
  ClassAdSyntaxError,
  parseAd,
  unparse,
} from "../../classad/mod.ts";
import { literal } from "../../classad/mod.ts";
import { ad as adExpr } from "../../classad/mod.ts";
import type { BodyLines } from "../body.ts";
import { adOf, nested, text, textOf } from "../fields.ts";
import { trim } from "../scan.ts";
import type { EventKind } from "./kind.ts";

function readNotes(body: BodyLines, ad: ClassAd): void {
  for (let count = 1;; count++) {
    const found = body.next();
    if (found === undefined) return;
    const line = trim(found);
    if (line.startsWith("[")) {
      if (ad.has("StructuredNotes")) continue;
      ad.set("LogNotes", line);
      const notes = readAd(line);
      if (notes) ad.set("StructuredNotes", notes);
    } else if (line.startsWith("DAG Node: ")) {
      ad.set("LogNotes", line);
      const value = literal(trim(line.slice(10)));
      ad.set("StructuredNotes", adExpr([{ name: "DAGNodeName", value }]));
    } else if (line.startsWith("WARNING: ")) ad.set("Warnings", line);
    else if (count === 1) ad.set("LogNotes", line);
    else if (count === 2) ad.set("UserNotes", line);
  }
}

function readAd(text: string) {
  try {
    return parseAd(text);
  } catch (error) {
    if (error instanceof ClassAdSyntaxError) return undefined;
    throw error;
  }
}

function noteLines(ad: ClassAd): string[] {
  const notes = adOf(ad, "StructuredNotes");
  const lines = [
    notes ? unparse(notes, { syntax: "new" }) : textOf(ad, "LogNotes"),
    textOf(ad, "UserNotes"),
  ];
  return lines.filter((line) => line).map((line) =>
    `    ${line!.slice(0, 8191)}`
  );
}

const WARNING =
  "WARNING: Committed job submission into the queue with the following warning(s): ";

/** 000 */
export const submit: EventKind = {
  read(body, ad) {
    const host = body.after("Job submitted from host: ");
    if (host === undefined) return false;
    ad.set("SubmitHost", host);
    readNotes(body, ad);
    return true;
  },
  attributes: [
    text("SubmitHost"),
    text("LogNotes"),
    text("UserNotes"),
    text("Warnings"),
    nested("StructuredNotes"),
  ],
  write(ad) {
    const lines = [
      `Job submitted from host: ${textOf(ad, "SubmitHost") ?? ""}`,
    ];
    lines.push(...noteLines(ad));
    const warnings = textOf(ad, "Warnings");
    if (warnings) {
      const known = warnings.startsWith(WARNING) ? "" : WARNING;
      lines.push(`    ${known}${warnings.slice(0, 8110)}`);
    }
    return lines;
  },
};

/** 035 */
export const clusterSubmit: EventKind = {
  read(body, ad) {
    const host = body.after("Cluster submitted from host: ");
    if (host === undefined) return false;
    ad.set("SubmitHost", host);
    readNotes(body, ad);
    return true;
  },
  attributes: [text("SubmitHost"), nested("StructuredNotes")],
  write: (ad) => [
    `Cluster submitted from host: ${textOf(ad, "SubmitHost") ?? ""}`,
    ...noteLines(ad),
  ],
};

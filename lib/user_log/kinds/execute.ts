/** A job runs: 001, or one node of a parallel job does (014). */
import { ad as adExpr, type ClassAd, type Expr } from "../../classad/mod.ts";
import type { BodyLines } from "../body.ts";
import {
  adOf,
  entriesOf,
  integer,
  integerOf,
  nested,
  text,
  textOf,
} from "../fields.ts";
import { scan, trim } from "../scan.ts";
import { attributeLines, type EventKind, readAttribute } from "./kind.ts";

function readSlot(body: BodyLines, ad: ClassAd): void {
  const properties: { name: string; value: Expr }[] = [];
  for (let first = true; !body.done; first = false) {
    const line = body.next()!;
    if (first && line.startsWith("\tSlotName:")) {
      ad.set("SlotName", unquoted(trim(line.slice(10))));
      continue;
    }
    const attribute = readAttribute(line);
    if (attribute) properties.push({ name: attribute[0], value: attribute[1] });
  }
  ad.set("ExecuteProps", adExpr(properties));
}

function unquoted(text: string): string {
  if (text.length < 2) return text;
  return text.replace(/^"/, "").replace(/"$/, "");
}

function slotLines(ad: ClassAd): string[] {
  const slot = textOf(ad, "SlotName");
  const properties = adOf(ad, "ExecuteProps");
  return [
    ...slot ? [`\tSlotName: ${slot}`] : [],
    ...properties ? attributeLines(entriesOf(properties), "\t") : [],
  ];
}

/** 001 */
export const execute: EventKind = {
  read(body, ad) {
    const host = body.after("Job executing on host: ");
    if (host === undefined) return false;
    ad.set("ExecuteHost", host);
    readSlot(body, ad);
    return true;
  },
  attributes: [text("ExecuteHost"), text("SlotName"), nested("ExecuteProps")],
  write: (ad) => [
    `Job executing on host: ${textOf(ad, "ExecuteHost") ?? ""}`,
    ...slotLines(ad),
  ],
};

/** 014 */
export const nodeExecute: EventKind = {
  read(body, ad) {
    const line = body.next() ?? "";
    const [node] = scan(line, "Node %d executing on host: ");
    if (node === undefined || !line.includes(":")) return false;
    ad.set("Node", BigInt(node));
    ad.set("ExecuteHost", trim(line.slice(line.indexOf(":") + 1)));
    readSlot(body, ad);
    return true;
  },
  attributes: [
    text("ExecuteHost"),
    integer("Node", -1),
    text("SlotName"),
    nested("ExecuteProps"),
  ],
  write: (ad) => [
    `Node ${integerOf(ad, "Node") ?? -1} executing on host: ` +
    (textOf(ad, "ExecuteHost") ?? ""),
    ...slotLines(ad),
  ],
};

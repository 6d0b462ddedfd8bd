import type { Scope } from "../../classad/mod.ts";
import { stringOf } from "../job/attribute_values.ts";
import { parseWordList } from "./transfer_list.ts";

/**
 * Returns the names that an attribute lists. They are names of other attributes
 * (TransferQueueInputList, a list of references), or parts of such names
 * (CommonInputCatalogs, a string).
 */
export function attributeLists(ad: Scope, attribute: string): string[] {
  const expr = ad.lookup(attribute);
  if (expr?.kind !== "list") {
    return parseWordList(stringOf(ad, attribute) ?? "");
  }
  return expr.items.flatMap((item) =>
    item.kind === "attribute" ? [item.name] : []
  );
}

import type { QueueAd } from "./ad.ts";
import type { QueueTable } from "./table.ts";
import { sameBytes, textOf } from "./text.ts";

/** One attribute that is not the same. */
export interface AttributeDifference {
  /** The name, as the newer ad has it where it has it. */
  readonly name: string;
  /** The value before; undefined if the attribute is new. */
  readonly before: string | undefined;
  /** The value after; undefined if the attribute is gone. */
  readonly after: string | undefined;
}

/** One ad that is not the same. */
export interface AdDifference {
  /** The ad's key, in the schedd's own form. */
  readonly key: string;
  /** What became of the ad. */
  readonly change: "added" | "removed" | "changed";
  /** The type the ad was made with. */
  readonly type: string;
  /** Every attribute of an ad that was added or removed. */
  readonly attributes: readonly AttributeDifference[];
}

/**
 * What has to be done to `before` to get `after`, ad by ad and attribute by
 * attribute: first the ads of `before` in its order, then the new ones. Values
 * are compared as they stand, byte by byte.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diffTables, QueueTable } from "./mod.ts";
 *
 * const read = (text: string) =>
 *   QueueTable.read(new TextEncoder().encode(text));
 * const before = read("101 1.0 Job Machine\n103 1.0 JobStatus 1\n");
 * const after = read("101 1.0 Job Machine\n103 1.0 JobStatus 4\n");
 * assertEquals([...diffTables(before, after)], [{
 *   key: "1.0",
 *   change: "changed",
 *   type: "Job",
 *   attributes: [{ name: "JobStatus", before: "1", after: "4" }],
 * }]);
 * ```
 */
export function* diffTables(
  before: QueueTable,
  after: QueueTable,
): Generator<AdDifference, void, void> {
  for (const ad of before.ads()) {
    const other = after.find(ad.cluster, ad.proc);
    if (other === undefined) {
      yield whole(ad, "removed");
      continue;
    }
    const attributes = diffAds(ad, other);
    const type = other.myType;
    if (attributes.length > 0 || type !== ad.myType) {
      yield { key: ad.key, change: "changed", type, attributes };
    }
  }
  for (const ad of after.ads()) {
    if (before.find(ad.cluster, ad.proc) === undefined) {
      yield whole(ad, "added");
    }
  }
}

function whole(ad: QueueAd, change: "added" | "removed"): AdDifference {
  const attributes: AttributeDifference[] = [];
  for (const { name, value } of ad.entries()) {
    const text = textOf(value);
    attributes.push(
      change === "added"
        ? { name, before: undefined, after: text }
        : { name, before: text, after: undefined },
    );
  }
  return { key: ad.key, change, type: ad.myType, attributes };
}

function diffAds(before: QueueAd, after: QueueAd): AttributeDifference[] {
  const differences: AttributeDifference[] = [];
  for (const { name, value } of before.entries()) {
    const other = after.rawValue(name);
    if (other === undefined) {
      differences.push({ name, before: textOf(value), after: undefined });
    } else if (!sameBytes(value, other)) {
      differences.push({ name, before: textOf(value), after: textOf(other) });
    }
  }
  for (const { name, value } of after.entries()) {
    if (!before.has(name)) {
      differences.push({ name, before: undefined, after: textOf(value) });
    }
  }
  return differences;
}

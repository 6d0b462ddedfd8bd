import type { QueueAd } from "./ad.ts";
import type { QueueTable } from "./table.ts";
import { sameBytes, textOf } from "./text.ts";

/** An attribute that differs. */
export interface AttributeDifference {
  /**
   * The name as the newer ad writes it. If the newer ad lacks the attribute, as
   * the older ad writes it.
   */
  readonly name: string;
  /** The value before, or undefined if the attribute is new. */
  readonly before: string | undefined;
  /** The value after, or undefined if the attribute is gone. */
  readonly after: string | undefined;
}

/** An ad that differs. */
export interface AdDifference {
  /** The ad's key as the schedd writes it. */
  readonly key: string;
  /** Whether the ad is new, gone, or changed. */
  readonly change: "added" | "removed" | "changed";
  /** The type in the record that made the ad. */
  readonly type: string;
  /**
   * The attributes that differ. If the ad was added or removed, all of its
   * attributes.
   */
  readonly attributes: readonly AttributeDifference[];
}

/**
 * Yields the differences between two tables, ad by ad and attribute by
 * attribute. The ads of `before` come first, in its order, then the new ads.
 * Values are compared byte by byte. Throws {@linkcode QueueLogError} if a log
 * cannot be read.
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
    const other = same(ad, before, after);
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
    if (same(ad, after, before) === undefined) {
      yield whole(ad, "added");
    }
  }
}

/** Returns the ad of another table with the same key. */
function same(
  ad: QueueAd,
  from: QueueTable,
  to: QueueTable,
): QueueAd | undefined {
  return from.kind === "job-queue" && to.kind === "job-queue"
    ? to.find(ad.cluster, ad.proc)
    : to.get(ad.key);
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

/**
 * Facts about a pattern that are known before it runs.
 *
 * @module
 */
import { type ByteSet, type RegexpNode, union } from "./tree.ts";

/** The fewest and the most bytes that a node can match. */
export interface Widths {
  readonly min: number;
  readonly max: number;
}

const NOTHING: Widths = { min: 0, max: 0 };
const ANYTHING: Widths = { min: 0, max: Infinity };

/** Gives access to the groups of a pattern, for back references and calls. */
export interface GroupBodies {
  /** Returns a group by its number or name. */
  group(group: number | string): RegexpNode | undefined;
}

/** Returns the fewest and the most bytes that a node can match. */
export function widths(
  node: RegexpNode,
  groups?: GroupBodies,
  within: readonly RegexpNode[] = [],
): Widths {
  const of = (part: RegexpNode) => widths(part, groups, within);
  switch (node.kind) {
    case "set":
      return { min: 1, max: 1 };
    case "sequence":
      return node.items.map(of).reduce(
        (a, b) => ({ min: a.min + b.min, max: a.max + b.max }),
        NOTHING,
      );
    case "choice":
      return node.items.map(of).reduce(either);
    case "group":
      return widths(node.body, groups, [...within, node]);
    case "atomic":
      return of(node.body);
    case "repeat": {
      const { min, max } = of(node.body);
      // If there is no limit, PCRE does not look at the repeated part.
      return {
        min: min * node.min,
        max: node.max === Infinity ? Infinity : max === 0 ? 0 : max * node.max,
      };
    }
    case "condition":
      return either(of(node.yes), of(node.no));
    case "reference":
    case "call": {
      const target = groups?.group(node.group);
      if (target === undefined || within.includes(target)) return ANYTHING;
      return of(target);
    }
    default:
      return NOTHING;
  }
}

function either(a: Widths, b: Widths): Widths {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/**
 * Returns byte sets that every match needs: each has at least one byte of the
 * match. PCRE checks the same for a single byte (the "last code unit") and does
 * not start a search if that byte is missing.
 */
export function requiredBytes(node: RegexpNode): ByteSet[] {
  switch (node.kind) {
    case "set":
      return [node.set];
    case "sequence":
      return node.items.flatMap(requiredBytes);
    case "choice": {
      const each = node.items.map(requiredBytes);
      if (each.some((sets) => sets.length === 0)) return [];
      return [each.map(([set]) => set).reduce(union)];
    }
    case "group":
    case "atomic":
      return requiredBytes(node.body);
    case "repeat":
      return node.min > 0 ? requiredBytes(node.body) : [];
    default:
      return [];
  }
}

/**
 * What can be said about a pattern before it runs.
 *
 * @module
 */
import { type ByteSet, type RegexpNode, union } from "./tree.ts";

/** How many bytes a node takes, at least and at most. */
export interface Widths {
  readonly min: number;
  readonly max: number;
}

const NOTHING: Widths = { min: 0, max: 0 };
const ANYTHING: Widths = { min: 0, max: Infinity };

/** The groups of a pattern, for what references and calls take. */
export interface GroupBodies {
  /** A group by number or name. */
  group(group: number | string): RegexpNode | undefined;
}

/** How many bytes a node takes. */
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
      return {
        min: min * node.min,
        max: max === 0 ? 0 : max * node.max,
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
 * Bytes of which one has to be in the text for the pattern to match; PCRE
 * knows the same ("last code unit") and does not even try otherwise.
 */
export function requiredBytes(node: RegexpNode): ByteSet | undefined {
  switch (node.kind) {
    case "set":
      return node.set;
    case "sequence": {
      const sets = node.items.map(requiredBytes).filter((set) => set);
      return sets.sort((a, b) => count(a!) - count(b!))[0];
    }
    case "choice": {
      let all: ByteSet | undefined;
      for (const item of node.items) {
        const set = requiredBytes(item);
        if (set === undefined) return undefined;
        all = all === undefined ? set : union(all, set);
      }
      return all;
    }
    case "group":
    case "atomic":
      return requiredBytes(node.body);
    case "repeat":
      return node.min > 0 ? requiredBytes(node.body) : undefined;
    default:
      return undefined;
  }
}

function count(set: ByteSet): number {
  let bits = 0;
  for (const word of set) {
    for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}

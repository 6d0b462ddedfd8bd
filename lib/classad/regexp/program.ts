/**
 * What the machine runs: a pattern as a list of instructions.
 *
 * @module
 */
import type { ByteSet, Position } from "./tree.ts";

/** One step of the machine; `to`, `first` … are addresses. */
export type Instruction =
  | { readonly op: "match" }
  | { readonly op: "fail" }
  | { readonly op: "set"; readonly set: ByteSet }
  | { readonly op: "position"; readonly position: Position }
  | { readonly op: "jump"; readonly to: number }
  /** Goes on at `first`; should that fail, at `second`. */
  | { readonly op: "split"; readonly first: number; readonly second: number }
  /** Notes in a register where we are. */
  | { readonly op: "save"; readonly register: number }
  | { readonly op: "copy"; readonly from: number; readonly to: number }
  | { readonly op: "clear"; readonly register: number }
  /** Goes to `otherwise` unless we have moved on since the save. */
  | {
    readonly op: "moved";
    readonly register: number;
    readonly otherwise: number;
  }
  /** Counts a turn of a loop, and decides how it goes on. */
  | {
    readonly op: "loop";
    readonly register: number;
    readonly min: number;
    readonly max: number;
    readonly lazy: boolean;
    readonly body: number;
    readonly end: number;
  }
  /** Notes how many ways back there are; `cut` forgets the later ones. */
  | { readonly op: "mark"; readonly register: number }
  | { readonly op: "cut"; readonly register: number }
  /** Back to where the register was saved. */
  | { readonly op: "restore"; readonly register: number }
  /** A negative assertion has matched: undoes it all and fails. */
  | { readonly op: "refuse"; readonly register: number }
  /** Goes back `max` bytes; should that fail, fewer, down to `min`. */
  | { readonly op: "back"; readonly min: number; readonly max: number }
  /** Fails unless we are where the register was saved. */
  | { readonly op: "at"; readonly register: number }
  | {
    readonly op: "reference";
    readonly group: number;
    readonly ignoreCase: boolean;
  }
  /** Goes to `otherwise` unless the group has matched. */
  | {
    readonly op: "condition";
    readonly group: number;
    readonly otherwise: number;
  }
  | { readonly op: "call"; readonly to: number }
  | { readonly op: "return" };

/** The frequent instructions as numbers; `other` are the rest. */
export const Op = {
  other: 0,
  set: 1,
  split: 2,
  jump: 3,
  save: 4,
  copy: 5,
  moved: 6,
  match: 7,
} as const;

/** A program, and what it needs. */
export interface Program {
  readonly instructions: readonly Instruction[];
  /** The instructions as numbers of {@linkcode Op} … */
  readonly codes: Uint8Array;
  /** … with the first … */
  readonly first: Int32Array;
  /** … and the second of their operands. */
  readonly second: Int32Array;
  /** The sets, 8 words each, one behind the other. */
  readonly sets: Uint32Array;
  /** Registers 2n and 2n+1 hold the ends of group n. */
  readonly registers: number;
  /** How many groups there are, the whole match not counted. */
  readonly groups: number;
  /** Sets of which each has a byte in every match. */
  readonly required: readonly ByteSet[];
  /** Whether groups are called as subroutines. */
  readonly hasCalls: boolean;
}

/** Writes instructions as numbers. */
export function encodeProgram(
  instructions: readonly Instruction[],
): Pick<Program, "instructions" | "codes" | "first" | "second" | "sets"> {
  const codes = new Uint8Array(instructions.length);
  const first = new Int32Array(instructions.length);
  const second = new Int32Array(instructions.length);
  const offsets = new Map<ByteSet, number>();
  const put = (at: number, code: number, a = 0, b = 0) => {
    codes[at] = code;
    first[at] = a;
    second[at] = b;
  };
  instructions.forEach((step, at) => {
    switch (step.op) {
      case "set": {
        const offset = offsets.get(step.set) ?? offsets.size * 8;
        offsets.set(step.set, offset);
        return put(at, Op.set, offset);
      }
      case "split":
        return put(at, Op.split, step.first, step.second);
      case "jump":
        return put(at, Op.jump, step.to);
      case "save":
        return put(at, Op.save, step.register);
      case "copy":
        return put(at, Op.copy, step.from, step.to);
      case "moved":
        return put(at, Op.moved, step.register, step.otherwise);
      case "match":
        return put(at, Op.match);
    }
  });
  const sets = new Uint32Array(offsets.size * 8);
  for (const [set, offset] of offsets) sets.set(set, offset);
  return { instructions, codes, first, second, sets };
}

/**
 * A compiled pattern: the list of instructions that the machine runs.
 *
 * @module
 */
import type { ByteSet, Position } from "./tree.ts";

/**
 * One instruction. `to`, `first`, `second`, `body`, `end` and `otherwise` are
 * addresses of instructions.
 */
export type Instruction =
  | { readonly op: "match" }
  | { readonly op: "fail" }
  | { readonly op: "set"; readonly set: ByteSet }
  | { readonly op: "position"; readonly position: Position }
  | { readonly op: "jump"; readonly to: number }
  /** Continues at `first`. If that fails, continues at `second`. */
  | { readonly op: "split"; readonly first: number; readonly second: number }
  /** Stores the current position in a register. */
  | { readonly op: "save"; readonly register: number }
  | { readonly op: "copy"; readonly from: number; readonly to: number }
  | { readonly op: "clear"; readonly register: number }
  /** Jumps to `otherwise` if the position is still the one in the register. */
  | {
    readonly op: "moved";
    readonly register: number;
    readonly otherwise: number;
  }
  /**
   * Counts one repetition of a loop and decides whether to repeat or to leave.
   */
  | {
    readonly op: "loop";
    readonly register: number;
    readonly min: number;
    readonly max: number;
    readonly lazy: boolean;
    readonly body: number;
    readonly end: number;
  }
  /**
   * Stores the height of the backtracking stack. `cut` later drops the
   * alternatives that were pushed since.
   */
  | { readonly op: "mark"; readonly register: number }
  | { readonly op: "cut"; readonly register: number }
  /** Moves back to the position that the register holds. */
  | { readonly op: "restore"; readonly register: number }
  /**
   * A negative assertion has matched: undoes everything since the mark, then
   * fails.
   */
  | { readonly op: "refuse"; readonly register: number }
  /**
   * Moves back `max` bytes. If that fails, tries fewer bytes, down to `min`.
   */
  | { readonly op: "back"; readonly min: number; readonly max: number }
  /** Fails if the position is not the one in the register. */
  | { readonly op: "at"; readonly register: number }
  | {
    readonly op: "reference";
    readonly group: number;
    readonly ignoreCase: boolean;
  }
  /** Jumps to `otherwise` if the group has not matched. */
  | {
    readonly op: "condition";
    readonly group: number;
    readonly otherwise: number;
  }
  | { readonly op: "call"; readonly to: number }
  | { readonly op: "return" };

/**
 * The numbers of the frequent instructions. `other` stands for all the rest.
 */
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

/** A compiled pattern and what the machine needs to run it. */
export interface Program {
  readonly instructions: readonly Instruction[];
  /** The number in {@linkcode Op} of each instruction. */
  readonly codes: Uint8Array;
  /** The first operand of each instruction. */
  readonly first: Int32Array;
  /** The second operand of each instruction. */
  readonly second: Int32Array;
  /** The byte sets one after the other, 8 words each. */
  readonly sets: Uint32Array;
  /**
   * How many registers there are. Registers 2n and 2n+1 hold the start and the
   * end of group n.
   */
  readonly registers: number;
  /** How many capturing groups there are. The whole match is not counted. */
  readonly groups: number;
  /**
   * Byte sets that every match needs: each has at least one byte of the match.
   */
  readonly required: readonly ByteSet[];
  /** Whether the pattern calls groups as subroutines. */
  readonly hasCalls: boolean;
}

/** Encodes instructions as numbers, which the machine can switch on quickly. */
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

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

/** A program, and what it needs. */
export interface Program {
  readonly instructions: readonly Instruction[];
  /** Registers 2n and 2n+1 hold the ends of group n. */
  readonly registers: number;
  /** How many groups there are, the whole match not counted. */
  readonly groups: number;
  /** Bytes of which one is in each match, if that is known. */
  readonly required: ByteSet | undefined;
}

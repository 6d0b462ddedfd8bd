/**
 * The state that is shared while a pattern is read.
 *
 * @module
 */
import { PatternError, PatternReader } from "./character.ts";
import { countGroups } from "./parts.ts";
import { byteSet, type RegexpNode, withBothCases } from "./tree.ts";

/** The options of regexp() and of `(?imsx)`. */
export interface PatternFlags {
  /** i: letters match in either case. */
  readonly ignoreCase: boolean;
  /** m: `^` and `$` match at every line. */
  readonly multiline: boolean;
  /** s: the dot matches newline. */
  readonly dotAll: boolean;
  /** x: white space and comments in the pattern are ignored. */
  readonly extended: boolean;
}

/** The pattern, the options in force, and the groups that were seen so far. */
export class PatternState {
  /** The pattern and the position in it. */
  readonly reader: PatternReader;
  /** The numbers of the named groups seen so far. */
  readonly names = new Map<string, number>();
  /** How many groups the whole pattern has. */
  readonly totalGroups: number;
  /** The options in force at the position. */
  flags: PatternFlags;
  /** How many groups were seen so far. */
  groups = 0;
  /** How many assertions surround the position. */
  assertions = 0;

  /** Starts at the beginning of a pattern. */
  constructor(pattern: string, flags: PatternFlags) {
    this.reader = new PatternReader(pattern);
    this.flags = flags;
    this.totalGroups = countGroups(pattern);
  }

  /** Returns a node that matches one byte, in either case if option i is on. */
  byte(code: number): RegexpNode {
    const set = byteSet([code, code]);
    return {
      kind: "set",
      set: this.flags.ignoreCase ? withBothCases(set) : set,
    };
  }

  /** Returns a back reference to a group. */
  reference(group: number | string): RegexpNode {
    return { kind: "reference", group, ignoreCase: this.flags.ignoreCase };
  }

  /**
   * Returns the group that a text such as `name`, `2`, `-1` or `+1` means. A
   * signed number counts from the position. Throws {@linkcode PatternError} if
   * the text means no group.
   */
  groupOf(text: string): number | string {
    if (/^[A-Za-z_]\w*$/.test(text)) return text;
    if (!/^[+-]?\d+$/.test(text)) throw new PatternError("group expected");
    const number = Number(text);
    if (text[0] === "+") return this.groups + number;
    if (text[0] !== "-") return number;
    if (this.groups + 1 + number < 1) throw new PatternError("no such group");
    return this.groups + 1 + number;
  }
}

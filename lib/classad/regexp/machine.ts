/**
 * Runs a program on a text. It goes back by a stack of its own and counts its
 * steps, so that no pattern can take the program's stack or its time.
 *
 * @module
 */
import { isWordByte } from "./character.ts";
import type { Program } from "./program.ts";
import { hasByte, type Position } from "./tree.ts";

/** Thrown when a match takes more steps than it may. */
export class RegexpLimitError extends Error {}

/** How many steps one search may take. PCRE's own limit counts differently. */
export const MAX_STEPS = 10_000_000;
/** How many ways back may be noted at once. */
const MAX_STACK = 20_000_000;

/** Where a search starts, and what counts as a match. */
export interface SearchOptions {
  /** The offset to start from. */
  readonly start: number;
  /** Only there. */
  readonly anchored: boolean;
  /** An empty match at the start does not count. */
  readonly notEmptyAtStart: boolean;
  /** No empty match counts. */
  readonly notEmpty: boolean;
}

/** Where subroutines return to. */
interface Call {
  readonly to: number;
  readonly registers: Int32Array;
  readonly outer: Call | undefined;
}

/** The registers after the first match, or undefined if there is none. */
export function search(
  program: Program,
  text: string,
  options: SearchOptions,
): Int32Array | undefined {
  const machine = new Machine(program, text, options);
  const last = options.anchored ? options.start : text.length;
  for (let from = options.start; from <= last; from++) {
    if (!machine.mayMatchFrom(from)) return undefined;
    const registers = machine.run(from);
    if (registers !== undefined) return registers;
  }
  return undefined;
}

class Machine {
  readonly #program: Program;
  readonly #text: string;
  readonly #options: SearchOptions;
  readonly #registers: Int32Array;
  /**
   * Ways back, three numbers each: address and position (and 0), or minus one
   * minus a register and what it held (and 0).
   */
  readonly #stack: number[] = [];
  /** The calls under way, for each way back that was noted within one. */
  #call: Call | undefined;
  readonly #calls: (Call | undefined)[] = [];
  #steps = MAX_STEPS;
  #lastRequired = -1;

  constructor(program: Program, text: string, options: SearchOptions) {
    this.#program = program;
    this.#text = text;
    this.#options = options;
    this.#registers = new Int32Array(program.registers);
  }

  /** Whether a byte that is required is still ahead. */
  mayMatchFrom(from: number): boolean {
    const { required } = this.#program;
    if (required === undefined || this.#lastRequired >= from) return true;
    for (let i = from; i < this.#text.length; i++) {
      if (hasByte(required, this.#text.charCodeAt(i))) {
        this.#lastRequired = i;
        return true;
      }
    }
    return false;
  }

  run(from: number): Int32Array | undefined {
    this.#registers.fill(-1);
    this.#stack.length = 0;
    this.#calls.length = 0;
    this.#call = undefined;
    return this.#execute(from);
  }

  #set(register: number, value: number): void {
    this.#stack.push(-1 - register, this.#registers[register]);
    this.#calls.push(this.#call);
    this.#registers[register] = value;
  }

  #branch(address: number, position: number): void {
    if (this.#stack.length > MAX_STACK) throw new RegexpLimitError();
    this.#stack.push(address, position);
    this.#calls.push(this.#call);
  }

  /** Undoes what was done since the last branch; its address, or -1. */
  #back(downTo = 0): number {
    const stack = this.#stack;
    while (stack.length > downTo) {
      const value = stack.pop()!;
      const address = stack.pop()!;
      const call = this.#calls.pop();
      if (address >= 0) {
        this.#call = call;
        this.#position = value;
        return address;
      }
      this.#registers[-1 - address] = value;
    }
    return -1;
  }

  #position = 0;

  /** Forgets branches above a height; what they would undo stays undoable. */
  #cut(height: number): void {
    const stack = this.#stack;
    let to = height;
    for (let from = height; from < stack.length; from += 2) {
      if (stack[from] < 0) {
        stack[to] = stack[from];
        stack[to + 1] = stack[from + 1];
        this.#calls[to >> 1] = this.#calls[from >> 1];
        to += 2;
      }
    }
    stack.length = to;
    this.#calls.length = to >> 1;
  }

  #execute(from: number): Int32Array | undefined {
    const { instructions } = this.#program;
    const text = this.#text;
    const registers = this.#registers;
    let address = 0;
    this.#position = from;
    while (address >= 0) {
      if (--this.#steps < 0) throw new RegexpLimitError();
      const step = instructions[address++];
      switch (step.op) {
        case "set":
          if (
            this.#position < text.length &&
            hasByte(step.set, text.charCodeAt(this.#position))
          ) this.#position++;
          else address = this.#back();
          break;
        case "split":
          this.#branch(step.second, this.#position);
          address = step.first;
          break;
        case "jump":
          address = step.to;
          break;
        case "save":
          this.#set(step.register, this.#position);
          break;
        case "copy":
          this.#set(step.to, registers[step.from]);
          break;
        case "clear":
          this.#set(step.register, -1);
          break;
        case "position":
          if (!this.#isAt(step.position)) address = this.#back();
          break;
        case "moved":
          if (registers[step.register] === this.#position) {
            address = step.otherwise;
          }
          break;
        case "loop": {
          const turns = registers[step.register] + 1;
          this.#set(step.register, turns);
          if (turns < step.min) address = step.body;
          else if (turns >= step.max) address = step.end;
          else if (step.lazy) {
            this.#branch(step.body, this.#position);
            address = step.end;
          } else {
            this.#branch(step.end, this.#position);
            address = step.body;
          }
          break;
        }
        case "mark": {
          // Above the undo record that #set() is about to push.
          this.#set(step.register, this.#stack.length + 2);
          break;
        }
        case "cut":
          this.#cut(registers[step.register]);
          break;
        case "restore":
          this.#position = registers[step.register];
          break;
        case "refuse": {
          const height = registers[step.register];
          while (this.#stack.length > height) this.#back(height);
          address = this.#back();
          break;
        }
        case "back":
          address = this.#goBack(step.min, step.max, address);
          break;
        case "at":
          if (registers[step.register] !== this.#position) {
            address = this.#back();
          }
          break;
        case "reference":
          if (!this.#repeatsGroup(step.group, step.ignoreCase)) {
            address = this.#back();
          }
          break;
        case "condition":
          if (registers[2 * step.group + 1] < 0) address = step.otherwise;
          break;
        case "call":
          this.#enter(address);
          address = step.to;
          break;
        case "return":
          address = this.#leave();
          break;
        case "fail":
          address = this.#back();
          break;
        case "match":
          if (this.#counts()) return registers.slice();
          address = this.#back();
          break;
      }
    }
    return undefined;
  }

  #counts(): boolean {
    const { start, notEmpty, notEmptyAtStart } = this.#options;
    const [from, to] = this.#registers;
    if (from !== to) return true;
    return !notEmpty && !(notEmptyAtStart && from === start);
  }

  #isAt(position: Position): boolean {
    const text = this.#text;
    const at = this.#position;
    switch (position) {
      case "start":
        return at === 0;
      case "line start":
        return at === 0 || (text[at - 1] === "\n" && at < text.length);
      case "end":
        return at === text.length;
      case "end or final newline":
        return at === text.length ||
          (at === text.length - 1 && text[at] === "\n");
      case "line end":
        return at === text.length || text[at] === "\n";
      case "search start":
        return at === this.#options.start;
      case "word boundary":
        return this.#isWord(at - 1) !== this.#isWord(at);
      case "no word boundary":
        return this.#isWord(at - 1) === this.#isWord(at);
    }
  }

  #isWord(at: number): boolean {
    return at >= 0 && at < this.#text.length &&
      isWordByte(this.#text.charCodeAt(at));
  }

  #goBack(min: number, max: number, next: number): number {
    const position = this.#position;
    const farthest = Math.min(max, position);
    if (farthest < min) return this.#back();
    for (let distance = min; distance < farthest; distance++) {
      this.#branch(next, position - distance);
    }
    this.#position = position - farthest;
    return next;
  }

  #repeatsGroup(group: number, ignoreCase: boolean): boolean {
    const from = this.#registers[2 * group];
    const to = this.#registers[2 * group + 1];
    if (from < 0 || to < 0) return false;
    let wanted = this.#text.slice(from, to);
    let found = this.#text.substr(this.#position, wanted.length);
    this.#steps -= wanted.length >> 3;
    if (ignoreCase) {
      wanted = wanted.replace(/[A-Z]+/g, (part) => part.toLowerCase());
      found = found.replace(/[A-Z]+/g, (part) => part.toLowerCase());
    }
    if (wanted !== found) return false;
    this.#position += wanted.length;
    return true;
  }

  #enter(returnTo: number): void {
    this.#steps -= this.#registers.length >> 3;
    this.#call = {
      to: returnTo,
      registers: this.#registers.slice(),
      outer: this.#call,
    };
  }

  /** Groups that were set within a call are forgotten after it. */
  #leave(): number {
    const call = this.#call!;
    const { groups } = this.#program;
    for (let register = 0; register < this.#registers.length; register++) {
      const isMatch = register === 0 && groups >= 0;
      if (!isMatch && this.#registers[register] !== call.registers[register]) {
        this.#set(register, call.registers[register]);
      }
    }
    this.#call = call.outer;
    return call.to;
  }
}

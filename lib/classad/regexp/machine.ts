/**
 * Runs a program on a text. It goes back by a stack of its own and counts its
 * steps, so that no pattern can take the program's stack or its time.
 *
 * @module
 */
import { isWordByte } from "./character.ts";
import { type Instruction, Op, type Program } from "./program.ts";
import { hasByte, type Position } from "./tree.ts";

/** Thrown when a match takes more steps than it may. */
export class RegexpLimitError extends Error {}

/** How many steps one search may take. PCRE's own limit counts differently. */
export const MAX_STEPS = 10_000_000;
/** How many numbers the stack of ways back may hold. */
const MAX_STACK = 1 << 24;

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
  /** The steps left; several searches may share them. */
  readonly budget: StepBudget;
}

/** How many steps there may still be. */
export interface StepBudget {
  steps: number;
}

/** Steps for one search, or for several that belong together. */
export function stepBudget(): StepBudget {
  return { steps: MAX_STEPS };
}

/** Where a subroutine returns to, and the groups as they were before it. */
interface Call {
  /** Where the group's code begins, and where in the text it was called. */
  readonly group: number;
  readonly position: number;
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
  try {
    for (let from = options.start; from <= last; from++) {
      if (!machine.mayMatchFrom(from)) return undefined;
      const registers = machine.run(from);
      if (registers !== undefined) return registers;
    }
    return undefined;
  } finally {
    options.budget.steps = machine.stepsLeft;
  }
}

class Machine {
  readonly #program: Program;
  readonly #text: string;
  readonly #options: SearchOptions;
  readonly #registers: Int32Array;
  /**
   * Ways back, two numbers each: an address and a position to go on from, or
   * minus one minus a register and what it held before.
   */
  #stack = new Int32Array(256);
  #height = 0;
  #position = 0;
  #steps: number;
  /** The call under way; `#calls` has it for each way back, if there are any. */
  #call: Call | undefined;
  readonly #calls: (Call | undefined)[] = [];
  /** Where each of the required sets was last seen. */
  readonly #lastRequired: number[];

  constructor(program: Program, text: string, options: SearchOptions) {
    this.#program = program;
    this.#text = text;
    this.#options = options;
    this.#steps = options.budget.steps;
    this.#registers = new Int32Array(program.registers);
    this.#lastRequired = program.required.map(() => -1);
  }

  get stepsLeft(): number {
    return this.#steps;
  }

  /** Whether the bytes that are required are still ahead. */
  mayMatchFrom(from: number): boolean {
    return this.#program.required.every((set, k) => {
      if (this.#lastRequired[k] >= from) return true;
      for (let i = from; i < this.#text.length; i++) {
        if (hasByte(set, this.#text.charCodeAt(i))) {
          this.#lastRequired[k] = i;
          return true;
        }
      }
      return false;
    });
  }

  run(from: number): Int32Array | undefined {
    this.#registers.fill(-1);
    this.#height = 0;
    this.#call = undefined;
    this.#position = from;
    return this.#execute();
  }

  #push(first: number, second: number): void {
    const height = this.#height;
    if (height + 2 > this.#stack.length) {
      if (height >= MAX_STACK) throw new RegexpLimitError();
      const larger = new Int32Array(this.#stack.length * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[height] = first;
    this.#stack[height + 1] = second;
    this.#height = height + 2;
    if (this.#program.hasCalls) this.#calls[height >> 1] = this.#call;
  }

  #set(register: number, value: number): void {
    this.#push(-1 - register, this.#registers[register]);
    this.#registers[register] = value;
  }

  /** Undoes what was done since the last way back; its address, or -1. */
  #back(downTo = 0): number {
    const stack = this.#stack;
    while (this.#height > downTo) {
      const height = this.#height -= 2;
      const address = stack[height];
      if (address >= 0) {
        this.#position = stack[height + 1];
        if (this.#program.hasCalls) this.#call = this.#calls[height >> 1];
        return address;
      }
      this.#registers[-1 - address] = stack[height + 1];
    }
    return -1;
  }

  /** Forgets ways back above a height; what was set since stays undoable. */
  #cut(height: number): void {
    const stack = this.#stack;
    let to = height;
    for (let from = height; from < this.#height; from += 2) {
      if (stack[from] >= 0) continue;
      stack[to] = stack[from];
      stack[to + 1] = stack[from + 1];
      to += 2;
    }
    this.#height = to;
  }

  #execute(): Int32Array | undefined {
    const { codes, first, second, sets, instructions } = this.#program;
    const text = this.#text;
    const registers = this.#registers;
    let address = 0;
    while (address >= 0) {
      if (--this.#steps < 0) throw new RegexpLimitError();
      const at = address++;
      switch (codes[at]) {
        case Op.set: {
          const code = text.charCodeAt(this.#position);
          // Behind the end there is NaN, which is in no set.
          if (
            (sets[first[at] + (code >> 5)] & (1 << (code & 31))) !== 0 &&
            this.#position < text.length
          ) this.#position++;
          else address = this.#back();
          break;
        }
        case Op.split:
          this.#push(second[at], this.#position);
          address = first[at];
          break;
        case Op.jump:
          address = first[at];
          break;
        case Op.save:
          this.#set(first[at], this.#position);
          break;
        case Op.copy:
          this.#set(second[at], registers[first[at]]);
          break;
        case Op.moved:
          if (registers[first[at]] === this.#position) address = second[at];
          break;
        case Op.match:
          if (this.#counts()) return registers.slice();
          address = this.#back();
          break;
        default:
          address = this.#other(instructions[at], address);
      }
    }
    return undefined;
  }

  /** The instructions that are not so frequent. */
  #other(step: Instruction, next: number): number {
    const registers = this.#registers;
    switch (step.op) {
      case "clear":
        this.#set(step.register, -1);
        return next;
      case "position":
        return this.#isAt(step.position) ? next : this.#back();
      case "loop":
        return this.#loop(step);
      case "mark":
        // Above what #set() is about to push.
        this.#set(step.register, this.#height + 2);
        return next;
      case "cut":
        this.#cut(registers[step.register]);
        return next;
      case "restore":
        this.#position = registers[step.register];
        return next;
      case "refuse": {
        const height = registers[step.register];
        while (this.#height > height) this.#back(height);
        return this.#back();
      }
      case "back":
        return this.#goBack(step.min, step.max, next);
      case "at":
        return registers[step.register] === this.#position
          ? next
          : this.#back();
      case "reference":
        return this.#repeatsGroup(step.group, step.ignoreCase)
          ? next
          : this.#back();
      case "condition":
        return registers[2 * step.group + 1] < 0 ? step.otherwise : next;
      case "call":
        this.#enter(step.to, next);
        return step.to;
      case "return":
        return this.#leave();
      default: // fail
        return this.#back();
    }
  }

  #loop(step: Extract<Instruction, { op: "loop" }>): number {
    const turns = this.#registers[step.register] + 1;
    this.#set(step.register, turns);
    if (turns < step.min) return step.body;
    if (turns >= step.max) return step.end;
    this.#push(step.lazy ? step.body : step.end, this.#position);
    return step.lazy ? step.end : step.body;
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
      this.#push(next, position - distance);
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

  #enter(group: number, returnTo: number): void {
    const position = this.#position;
    for (let call = this.#call; call !== undefined; call = call.outer) {
      // A group that calls itself without having moved on would do so for ever.
      if (call.group === group && call.position === position) {
        throw new RegexpLimitError();
      }
      this.#steps--;
    }
    const registers = this.#registers.slice();
    this.#steps -= registers.length;
    this.#call = {
      group,
      position,
      to: returnTo,
      registers,
      outer: this.#call,
    };
  }

  /** Groups that were set within a call are forgotten after it. */
  #leave(): number {
    const call = this.#call!;
    for (let register = 1; register < this.#registers.length; register++) {
      if (this.#registers[register] !== call.registers[register]) {
        this.#set(register, call.registers[register]);
      }
    }
    this.#call = call.outer;
    return call.to;
  }
}

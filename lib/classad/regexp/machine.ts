/**
 * Runs a program on a text. It backtracks with a stack of its own and counts
 * its steps. A pattern can therefore neither overflow the JavaScript stack nor
 * run for ever.
 *
 * @module
 */
import { isAtPosition } from "./position.ts";
import { type Instruction, Op, type Program } from "./program.ts";
import { RegexpLimitError, type StepBudget } from "./step_budget.ts";
import { hasByte } from "./tree.ts";

/** How many numbers the backtracking stack may hold. */
const MAX_STACK = 1 << 24;

/** Where a search starts and what counts as a match. */
export interface SearchOptions {
  /** The offset where the search starts, in bytes. */
  readonly start: number;
  /** Whether the match must begin at `start`. */
  readonly anchored: boolean;
  /** Whether an empty match at `start` is rejected. */
  readonly notEmptyAtStart: boolean;
  /** Whether every empty match is rejected. */
  readonly notEmpty: boolean;
  /** The steps that are left. Several searches can share them. */
  readonly budget: StepBudget;
}

/** A call of a group as a subroutine. */
interface Call {
  /** Where the code of the group begins. */
  readonly group: number;
  readonly position: number;
  readonly to: number;
  readonly registers: Int32Array;
  readonly outer: Call | undefined;
}

/**
 * Returns the registers after the first match, or undefined if there is none.
 */
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
   * What to undo when backtracking, two numbers for each entry. An alternative
   * is an address and a position. A register is -1 - register and the value
   * that it held before.
   */
  #stack = new Int32Array(256);
  #height = 0;
  #position = 0;
  #steps: number;
  /**
   * The current call. If the program has calls, `#calls` holds the call of each
   * stack entry.
   */
  #call: Call | undefined;
  readonly #calls: (Call | undefined)[] = [];
  /** The last known position of each required byte set. */
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

  /**
   * Returns whether every required byte set still occurs at or after `from`.
   */
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

  /**
   * Undoes everything since the last alternative and returns its address, or -1
   * if there is none.
   */
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

  /**
   * Drops the alternatives above a height. Changes of registers stay on the
   * stack, so that they can still be undone.
   */
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
          // After the end of the text the code is NaN, which would count as
          // byte 0.
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

  /** Runs the less frequent instructions. Returns the next address. */
  #other(step: Instruction, next: number): number {
    const registers = this.#registers;
    switch (step.op) {
      case "clear":
        this.#set(step.register, -1);
        return next;
      case "position":
        return isAtPosition(
            this.#text,
            this.#position,
            step.position,
            this.#options.start,
          )
          ? next
          : this.#back();
      case "loop":
        return this.#loop(step);
      case "mark":
        // The height includes the entry that #set() is about to push.
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
      // A group that calls itself without having moved on would never end.
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

  /** Returns from a call. Groups that matched within the call are restored. */
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

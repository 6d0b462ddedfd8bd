/**
 * Compiles a syntax tree to a program.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { requiredBytes, widths } from "./measure.ts";
import { encodeProgram, type Instruction, type Program } from "./program.ts";
import type { LookNode, RegexpNode, RegexpTree } from "./tree.ts";

const MAX_INSTRUCTIONS = 200_000;
const MAX_LOOKBEHIND = 255;
/** How many required byte sets are looked for before a search begins. */
const MAX_REQUIRED = 8;

/** Compiles a tree. Throws {@linkcode PatternError}. */
export function compileProgram(tree: RegexpTree): Program {
  return new Compiler(tree).compile();
}

/** A placeholder. Its addresses are filled in later. */
const PENDING: Instruction = { op: "fail" };

class Compiler {
  readonly #tree: RegexpTree;
  readonly #code: Instruction[] = [];
  readonly #calls: { group: number; at: number }[] = [];
  readonly #groups: ReadonlyMap<number, RegexpNode>;
  #registers: number;

  constructor(tree: RegexpTree) {
    this.#tree = tree;
    this.#registers = 2 * (tree.groups + 1);
    this.#groups = collectGroups(tree.root);
  }

  compile(): Program {
    const { root, groups } = this.#tree;
    this.#add({ op: "save", register: 0 });
    this.#node(root);
    this.#add({ op: "save", register: 1 });
    this.#add({ op: "match" });
    this.#addSubroutines();
    return {
      ...encodeProgram(this.#code),
      registers: this.#registers,
      groups,
      required: requiredBytes(root).slice(0, MAX_REQUIRED),
      hasCalls: this.#code.some(({ op }) => op === "call"),
    };
  }

  /** Adds code for the groups that are called as subroutines. */
  #addSubroutines(): void {
    const starts = new Map<number, number>();
    for (let call = this.#calls.pop(); call; call = this.#calls.pop()) {
      const { group, at } = call;
      let to = starts.get(group);
      if (to === undefined) {
        to = this.#here;
        starts.set(group, to);
        this.#node(group === 0 ? this.#tree.root : this.#groups.get(group)!);
        this.#add({ op: "return" });
      }
      this.#code[at] = { op: "call", to };
    }
  }

  get #here(): number {
    return this.#code.length;
  }

  #add(instruction: Instruction): number {
    if (this.#code.length >= MAX_INSTRUCTIONS) {
      throw new PatternError("pattern too large");
    }
    return this.#code.push(instruction) - 1;
  }

  /** Returns the node of a group. The whole pattern (group 0) has none. */
  group(group: number | string): RegexpNode | undefined {
    return this.#groups.get(this.#groupNumber(group));
  }

  #groupNumber(group: number | string): number {
    const number = typeof group === "number"
      ? group
      : this.#tree.names.get(group);
    if (number === undefined || number > this.#tree.groups) {
      throw new PatternError("no such group");
    }
    return number;
  }

  #node(node: RegexpNode): void {
    switch (node.kind) {
      case "empty":
        break;
      case "set":
        this.#add({ op: "set", set: node.set });
        break;
      case "position":
        this.#add({ op: "position", position: node.position });
        break;
      case "keep":
        this.#add({ op: "save", register: 0 });
        break;
      case "fail":
        this.#add({ op: "fail" });
        break;
      case "sequence":
        node.items.forEach((item) => this.#node(item));
        break;
      case "choice":
        this.#choice(node.items.map((item) => () => this.#node(item)));
        break;
      case "group":
        this.#group(node.index, node.body);
        break;
      case "atomic":
        this.#atomic(() => this.#node(node.body));
        break;
      case "repeat":
        this.#repeat(node);
        break;
      case "reference":
        this.#add({
          op: "reference",
          group: this.#groupNumber(node.group),
          ignoreCase: node.ignoreCase,
        });
        break;
      case "call": {
        const group = this.#groupNumber(node.group);
        this.#calls.push({ group, at: this.#add(PENDING) });
        break;
      }
      case "condition":
        this.#condition(node);
        break;
      case "look":
        this.#look(node);
        break;
    }
  }

  /** Adds the parts as alternatives that are tried in order. */
  #choice(parts: readonly (() => void)[]): void {
    const ends: number[] = [];
    parts.forEach((part, i) => {
      if (i === parts.length - 1) return part();
      const split = this.#add(PENDING);
      part();
      ends.push(this.#add(PENDING));
      this.#code[split] = { op: "split", first: split + 1, second: this.#here };
    });
    for (const end of ends) this.#code[end] = { op: "jump", to: this.#here };
  }

  /**
   * Adds a group. Its start is stored in a spare register first, because the
   * group counts as matched only when it has ended.
   */
  #group(index: number, body: RegexpNode): void {
    const start = this.#registers++;
    this.#add({ op: "save", register: start });
    this.#node(body);
    this.#add({ op: "save", register: 2 * index + 1 });
    this.#add({ op: "copy", from: start, to: 2 * index });
  }

  #atomic(part: () => void): void {
    const register = this.#registers++;
    this.#add({ op: "mark", register });
    part();
    this.#add({ op: "cut", register });
  }

  #repeat(node: Extract<RegexpNode, { kind: "repeat" }>): void {
    const { body, min, max, lazy } = node;
    if (max === 0) {
      // PCRE checks the repeated part for errors even if it is never used.
      const before = this.#here;
      const calls = this.#calls.length;
      this.#node(body);
      this.#code.length = before;
      this.#calls.length = calls;
      return;
    }
    if (min === 1 && max === 1) return this.#node(body);
    const mayBeEmpty = widths(body).min === 0;
    if (min === 0 && max === 1) {
      const split = this.#add(PENDING);
      this.#node(body);
      this.#code[split] = choose(split + 1, this.#here, lazy);
    } else if (min === 0 && max === Infinity && !mayBeEmpty) {
      const split = this.#add(PENDING);
      this.#node(body);
      this.#add({ op: "jump", to: split });
      this.#code[split] = choose(split + 1, this.#here, lazy);
    } else if (min === 1 && max === Infinity && !mayBeEmpty) {
      const start = this.#here;
      this.#node(body);
      this.#add(choose(start, this.#here + 1, lazy));
    } else {
      this.#counted(node, mayBeEmpty);
    }
  }

  #counted(
    node: Extract<RegexpNode, { kind: "repeat" }>,
    mayBeEmpty: boolean,
  ): void {
    const { body, min, max, lazy } = node;
    const register = this.#registers++;
    const start = this.#registers++;
    this.#add({ op: "clear", register });
    const loop = this.#add(PENDING);
    if (mayBeEmpty) this.#add({ op: "save", register: start });
    this.#node(body);
    const moved = mayBeEmpty ? this.#add(PENDING) : -1;
    this.#add({ op: "jump", to: loop });
    const end = this.#here;
    this.#code[loop] = {
      op: "loop",
      register,
      min,
      max,
      lazy,
      body: loop + 1,
      end,
    };
    // If a repetition has taken no byte, it is the last one.
    if (moved >= 0) {
      this.#code[moved] = { op: "moved", register: start, otherwise: end };
    }
  }

  #condition(node: Extract<RegexpNode, { kind: "condition" }>): void {
    const { condition, yes, no } = node;
    if (condition.kind === "never") return this.#node(no);
    if (condition.kind === "group") {
      const group = this.#groupNumber(condition.group);
      const test = this.#add(PENDING);
      this.#node(yes);
      const jump = this.#add(PENDING);
      this.#code[test] = { op: "condition", group, otherwise: this.#here };
      this.#node(no);
      this.#code[jump] = { op: "jump", to: this.#here };
      return;
    }
    // If the assertion holds, the other branch is no longer tried.
    const register = this.#registers++;
    this.#add({ op: "mark", register });
    this.#choice([
      () => {
        this.#look(condition.look);
        this.#add({ op: "cut", register });
        this.#node(yes);
      },
      () => this.#node(no),
    ]);
  }

  #look(node: LookNode): void {
    const place = this.#registers++;
    const mark = this.#registers++;
    this.#add({ op: "save", register: place });
    this.#add({ op: "mark", register: mark });
    const body = () =>
      node.behind ? this.#behind(node.body, place) : this.#node(node.body);
    if (!node.negative) {
      body();
      this.#add({ op: "cut", register: mark });
      this.#add({ op: "restore", register: place });
      return;
    }
    const split = this.#add(PENDING);
    body();
    this.#add({ op: "refuse", register: mark });
    this.#code[split] = { op: "split", first: split + 1, second: this.#here };
  }

  /** Adds a lookbehind. Each alternative moves back by its own length. */
  #behind(body: RegexpNode, place: number): void {
    const branches = body.kind === "choice" ? body.items : [body];
    this.#choice(branches.map((branch) => () => {
      const { min, max } = widths(branch, this);
      if (max > MAX_LOOKBEHIND) {
        throw new PatternError("lookbehind without a limit");
      }
      this.#add({ op: "back", min, max });
      this.#node(branch);
      this.#add({ op: "at", register: place });
    }));
  }
}

function choose(body: number, end: number, lazy: boolean): Instruction {
  return lazy
    ? { op: "split", first: end, second: body }
    : { op: "split", first: body, second: end };
}

function collectGroups(root: RegexpNode): Map<number, RegexpNode> {
  const groups = new Map<number, RegexpNode>();
  const visit = (node: RegexpNode): void => {
    switch (node.kind) {
      case "sequence":
      case "choice":
        return node.items.forEach(visit);
      case "group":
        if (!groups.has(node.index)) groups.set(node.index, node);
        return visit(node.body);
      case "atomic":
      case "repeat":
      case "look":
        return visit(node.body);
      case "condition":
        if (node.condition.kind === "look") visit(node.condition.look);
        visit(node.yes);
        visit(node.no);
    }
  };
  visit(root);
  return groups;
}

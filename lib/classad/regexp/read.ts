/**
 * Pattern to tree: the syntax of PCRE2, in bytes, as far as the manual of
 * docs/classad.md says.
 *
 * @module
 */
import {
  ANY_BYTE,
  byteCode,
  byteEscape,
  classEscape,
  NOT_NEWLINE,
  PatternError,
  PatternReader,
  readClass,
} from "./character.ts";
import {
  checkedName,
  countGroups,
  NEWLINE_SEQUENCE,
  QUANTIFIER,
  repeatCounts,
  repeated,
} from "./parts.ts";
import {
  byteSet,
  type Condition,
  type LookNode,
  type Position,
  type RegexpNode,
  type RegexpTree,
  withBothCases,
} from "./tree.ts";

/** The options of regexp() and of `(?imsx)`. */
export interface PatternFlags {
  /** i: letters in any case. */
  readonly ignoreCase: boolean;
  /** m: `^` and `$` at every line. */
  readonly multiline: boolean;
  /** s: the dot matches newline. */
  readonly dotAll: boolean;
  /** x: space and comments do not count. */
  readonly extended: boolean;
}

const MAX_GROUP_DEPTH = 250;

const POSITIONS: Readonly<Record<string, Position>> = {
  A: "start",
  Z: "end or final newline",
  z: "end",
  b: "word boundary",
  B: "no word boundary",
  G: "search start",
};

/** Reads a pattern. Throws {@linkcode PatternError}. */
export function readPattern(pattern: string, flags: PatternFlags): RegexpTree {
  return new Reader(pattern, flags).read();
}

class Reader {
  readonly #reader: PatternReader;
  readonly #names = new Map<string, number>();
  readonly #total: number;
  #flags: PatternFlags;
  #groups = 0;
  #depth = 0;
  /** How many assertions we are in. */
  #looks = 0;

  constructor(pattern: string, flags: PatternFlags) {
    this.#reader = new PatternReader(pattern);
    this.#flags = flags;
    this.#total = countGroups(pattern);
  }

  read(): RegexpTree {
    const root = this.#choice();
    if (!this.#reader.atEnd) throw new PatternError(") without (");
    return { root, groups: this.#groups, names: this.#names };
  }

  #choice(): RegexpNode {
    if (++this.#depth > MAX_GROUP_DEPTH) {
      throw new PatternError("parentheses nested too deep");
    }
    const { ignoreCase, multiline, dotAll, extended } = this.#flags;
    const items = [this.#sequence()];
    while (this.#reader.take("|")) items.push(this.#sequence());
    this.#flags = { ignoreCase, multiline, dotAll, extended };
    this.#depth--;
    return items.length === 1 ? items[0] : { kind: "choice", items };
  }

  #sequence(): RegexpNode {
    const items: RegexpNode[] = [];
    const reader = this.#reader;
    for (;;) {
      this.#skipIgnored();
      if (reader.atEnd || reader.peek() === "|" || reader.peek() === ")") break;
      if (reader.take("\\Q")) {
        this.#quoted(items);
        continue;
      }
      if (reader.take("\\E")) continue;
      const node = this.#item();
      if (node !== undefined) items.push(this.#quantified(node));
    }
    return items.length === 1 ? items[0] : { kind: "sequence", items };
  }

  /** Space and comments, where they do not count. */
  #skipIgnored(): void {
    const reader = this.#reader;
    for (;;) {
      if (reader.take("(?#")) reader.until(")");
      else if (!this.#flags.extended) return;
      else if (/[ \t\n\v\f\r]/.test(reader.peek() || "x")) reader.position++;
      else if (reader.peek() === "#") {
        const end = reader.text.indexOf("\n", reader.position);
        reader.position = end < 0 ? reader.text.length : end + 1;
      } else return;
    }
  }

  #quoted(items: RegexpNode[]): void {
    const reader = this.#reader;
    const found = reader.text.indexOf("\\E", reader.position);
    const end = found < 0 ? reader.text.length : found;
    while (reader.position < end) {
      const node = this.#byte(reader.next().charCodeAt(0));
      const isLast = reader.position === end;
      if (isLast) reader.take("\\E");
      items.push(isLast ? this.#quantified(node) : node);
    }
    reader.take("\\E");
  }

  #byte(code: number): RegexpNode {
    const set = byteSet([code, code]);
    return {
      kind: "set",
      set: this.#flags.ignoreCase ? withBothCases(set) : set,
    };
  }

  #quantified(node: RegexpNode): RegexpNode {
    const reader = this.#reader;
    let result = node;
    this.#skipIgnored();
    const found = reader.match(QUANTIFIER);
    if (found === null) return result;
    if (node.kind === "position" || node.kind === "keep") {
      throw new PatternError("quantifier follows an assertion");
    }
    const [min, max] = repeatCounts(found);
    const isLazy = reader.take("?");
    const isPossessive = !isLazy && reader.take("+");
    result = repeated(result, min, max, isLazy);
    if (isPossessive) result = { kind: "atomic", body: result };
    // Another quantifier has nothing to repeat.
    this.#skipIgnored();
    const start = reader.position;
    if (reader.match(QUANTIFIER) !== null) {
      reader.position = start;
      throw new PatternError("quantifier follows a quantifier");
    }
    return result;
  }

  #item(): RegexpNode | undefined {
    const reader = this.#reader;
    const { multiline, dotAll } = this.#flags;
    const start = reader.position;
    if (reader.match(QUANTIFIER) !== null) {
      throw new PatternError("quantifier follows nothing");
    }
    reader.position = start;
    const character = reader.next();
    switch (character) {
      case "^":
        return {
          kind: "position",
          position: multiline ? "line start" : "start",
        };
      case "$":
        return {
          kind: "position",
          position: multiline ? "line end" : "end or final newline",
        };
      case ".":
        return { kind: "set", set: dotAll ? ANY_BYTE : NOT_NEWLINE };
      case "[":
        return this.#class();
      case "(":
        return this.#parenthesis();
      case "\\":
        return this.#escape();
      default:
        return this.#byte(character.charCodeAt(0));
    }
  }

  #class(): RegexpNode {
    const reader = this.#reader;
    // Word boundaries as other libraries write them.
    if (reader.take("[:<:]]") || reader.take("[:>:]]")) {
      throw new PatternError("[[:<:]] and [[:>:]] are not supported");
    }
    const { ignoreCase } = this.#flags;
    return { kind: "set", set: readClass(reader, ignoreCase, false) };
  }

  #escape(): RegexpNode {
    const reader = this.#reader;
    const letter = reader.next();
    const position = POSITIONS[letter];
    if (position !== undefined) return { kind: "position", position };
    if (letter === "K") {
      if (this.#looks > 0) throw new PatternError("\\K in an assertion");
      return { kind: "keep" };
    }
    if (letter === "N") return this.#notNewline();
    if (letter === "C") return { kind: "set", set: ANY_BYTE };
    if (letter === "R") return NEWLINE_SEQUENCE;
    if (/[1-9]/.test(letter)) return this.#digits();
    if (letter === "g") return this.#gEscape();
    if (letter === "k") return this.#reference(this.#delimitedName());
    const set = classEscape(letter);
    if (set !== undefined) return { kind: "set", set };
    const code = byteEscape(reader, letter);
    if (code === undefined) {
      throw new PatternError(`unknown escape \\${letter}`);
    }
    return this.#byte(code);
  }

  /** `\N`; with a name in braces it would be a character of Unicode. */
  #notNewline(): RegexpNode {
    const reader = this.#reader;
    const start = reader.position;
    if (reader.peek() === "{" && reader.match(QUANTIFIER) === null) {
      throw new PatternError("\\N{} is not supported");
    }
    reader.position = start;
    return { kind: "set", set: NOT_NEWLINE };
  }

  #reference(group: number | string): RegexpNode {
    const { ignoreCase } = this.#flags;
    return { kind: "reference", group, ignoreCase };
  }

  /** `\1`: a group, or from `\10` on a byte in octal if there is no group. */
  #digits(): RegexpNode {
    const reader = this.#reader;
    reader.position--;
    const digits = reader.match(/\d+/y)![0];
    const group = Number(digits);
    if (group < 10 || group <= this.#total) return this.#reference(group);
    reader.position -= digits.length;
    const octal = reader.match(/[0-7]{1,3}/y);
    if (octal === null) return this.#reference(group);
    return this.#byte(byteCode(octal[0], 8));
  }

  #gEscape(): RegexpNode {
    const reader = this.#reader;
    if (reader.peek() === "<" || reader.peek() === "'") {
      const close = reader.next() === "<" ? ">" : "'";
      return { kind: "call", group: this.#groupOf(reader.until(close)) };
    }
    const text = reader.take("{")
      ? reader.until("}").trim()
      : reader.match(/[+-]?\d+/y)?.[0] ?? "";
    return this.#reference(this.#groupOf(text));
  }

  /** A group by name, by number, or by its distance. */
  #groupOf(text: string): number | string {
    if (/^[A-Za-z_]\w*$/.test(text)) return text;
    if (!/^[+-]?\d+$/.test(text)) throw new PatternError("group expected");
    const number = Number(text);
    if (text[0] === "+") return this.#groups + number;
    if (text[0] !== "-") return number;
    if (this.#groups + 1 + number < 1) throw new PatternError("no such group");
    return this.#groups + 1 + number;
  }

  #delimitedName(): string {
    const open = this.#reader.next();
    const close = { "<": ">", "'": "'", "{": "}" }[open];
    if (close === undefined) throw new PatternError("name expected");
    return checkedName(this.#reader.until(close).trim());
  }

  #parenthesis(): RegexpNode | undefined {
    const reader = this.#reader;
    if (reader.peek() === "*") return this.#verb();
    if (!reader.take("?")) return this.#group();
    if (reader.take(":")) return this.#wrapped();
    if (reader.take("|")) return this.#branchReset();
    if (reader.take(">")) {
      return { kind: "atomic", body: this.#closed(this.#choice()) };
    }
    const look = this.#look();
    if (look !== undefined) return look;
    if (reader.take("P=")) return this.#reference(this.#nameUntil(")"));
    if (reader.take("P>") || reader.take("&")) {
      return { kind: "call", group: this.#nameUntil(")") };
    }
    if (reader.take("P<") || reader.take("<")) {
      return this.#group(this.#nameUntil(">"));
    }
    if (reader.take("'")) return this.#group(this.#nameUntil("'"));
    if (reader.take("(")) return this.#condition();
    const call = reader.match(/R\)|([+-]?\d+)\)/y);
    if (call !== null) {
      return {
        kind: "call",
        group: call[1] === undefined ? 0 : this.#groupOf(call[1]),
      };
    }
    return this.#flagSetting();
  }

  #nameUntil(close: string): string {
    return checkedName(this.#reader.until(close));
  }

  #closed(node: RegexpNode): RegexpNode {
    if (!this.#reader.take(")")) throw new PatternError(") is missing");
    return node;
  }

  /** A group that is no more than its body, which now may be repeated. */
  #wrapped(): RegexpNode {
    return { kind: "sequence", items: [this.#closed(this.#choice())] };
  }

  #group(name?: string): RegexpNode {
    const index = ++this.#groups;
    if (name !== undefined) {
      if (this.#names.has(name)) throw new PatternError("name used twice");
      this.#names.set(name, index);
    }
    return { kind: "group", index, body: this.#closed(this.#choice()) };
  }

  /** `(?|…)`: the groups of each alternative have the same numbers. */
  #branchReset(): RegexpNode {
    const first = this.#groups;
    const { ignoreCase, multiline, dotAll, extended } = this.#flags;
    let most = first;
    const items: RegexpNode[] = [];
    do {
      this.#groups = first;
      items.push(this.#sequence());
      most = Math.max(most, this.#groups);
    } while (this.#reader.take("|"));
    this.#groups = most;
    this.#flags = { ignoreCase, multiline, dotAll, extended };
    return this.#closed({ kind: "choice", items });
  }

  #look(): LookNode | undefined {
    const reader = this.#reader;
    const found = reader.match(/<?[=!]/y)?.[0];
    if (found === undefined) return undefined;
    return this.#lookBody(found.startsWith("<"), found.endsWith("!"));
  }

  #lookBody(behind: boolean, negative: boolean): LookNode {
    this.#looks++;
    const body = this.#closed(this.#choice());
    this.#looks--;
    return { kind: "look", behind, negative, body };
  }

  /** `(*FAIL)` and `(*F)`; the other verbs change how PCRE searches. */
  #verb(): RegexpNode {
    if (this.#reader.take("*FAIL)") || this.#reader.take("*F)")) {
      return { kind: "fail" };
    }
    const look = this.#reader.match(
      /\*(pla|nla|plb|nlb|atomic|positive_lookahead|negative_lookahead|positive_lookbehind|negative_lookbehind):/y,
    )?.[1];
    if (look === undefined) {
      throw new PatternError("verbs are not supported");
    }
    if (look === "atomic") {
      return { kind: "atomic", body: this.#closed(this.#choice()) };
    }
    const behind = look.includes("behind") || look.endsWith("lb");
    return this.#lookBody(behind, look.startsWith("n"));
  }

  #condition(): RegexpNode {
    const condition = this.#conditionTest();
    const body = this.#closed(this.#choice());
    const branches = body.kind === "choice" ? body.items : [body];
    if (branches.length > 2) {
      throw new PatternError("condition with more than two branches");
    }
    return {
      kind: "condition",
      condition,
      yes: branches[0],
      no: branches[1] ?? { kind: "empty" },
    };
  }

  #conditionTest(): Condition {
    const reader = this.#reader;
    if (reader.take("?")) {
      const look = this.#look();
      if (look === undefined) throw new PatternError("assertion expected");
      return { kind: "look", look };
    }
    const text = reader.until(")");
    if (text === "DEFINE") return { kind: "never" };
    const quoted = /^(?:<(.*)>|'(.*)')$/.exec(text);
    if (text === "R" || /^R[&\d]/.test(text)) {
      throw new PatternError("recursion conditions are not supported");
    }
    const group = this.#groupOf(quoted?.[1] ?? quoted?.[2] ?? text);
    return { kind: "group", group };
  }

  /** `(?i)` for the rest of the group, `(?i:…)` for itself. */
  #flagSetting(): RegexpNode | undefined {
    const reader = this.#reader;
    const found = reader.match(/(\^?)([imsxn]*)(-[imsxn]*)?([:)])/y);
    if (found === null) throw new PatternError("unknown group");
    const before = this.#flags;
    const [, reset, on, off = "", mark] = found;
    if ((on + off).includes("n")) {
      throw new PatternError("option n is not supported");
    }
    const choose = (letter: string, value: boolean) =>
      !off.includes(letter) &&
      (on.includes(letter) || (reset === "" && value));
    this.#flags = {
      ignoreCase: choose("i", before.ignoreCase),
      multiline: choose("m", before.multiline),
      dotAll: choose("s", before.dotAll),
      extended: choose("x", before.extended),
    };
    if (mark === ")") return undefined;
    const body = this.#wrapped();
    this.#flags = before;
    return body;
  }
}

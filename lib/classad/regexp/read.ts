/**
 * Reads a pattern into a syntax tree. The syntax is that of PCRE2, with the
 * limits that docs/classad.md lists, and a pattern is a string of bytes.
 *
 * @module
 */
import {
  ANY_BYTE,
  NOT_NEWLINE,
  PatternError,
  type PatternReader,
  readClass,
} from "./character.ts";
import { readEscape } from "./escape.ts";
import { type BodyReader, readParenthesis } from "./group.ts";
import { QUANTIFIER, repeatCounts, repeated } from "./parts.ts";
import { type PatternFlags, PatternState } from "./pattern_state.ts";
import type { RegexpNode, RegexpTree } from "./tree.ts";

const MAX_GROUP_DEPTH = 250;

/** Reads a pattern. Throws {@linkcode PatternError}. */
export function readPattern(pattern: string, flags: PatternFlags): RegexpTree {
  return new Reader(new PatternState(pattern, flags)).read();
}

class Reader implements BodyReader {
  readonly #state: PatternState;
  readonly #reader: PatternReader;
  #depth = 0;

  constructor(state: PatternState) {
    this.#state = state;
    this.#reader = state.reader;
  }

  read(): RegexpTree {
    const root = this.choice();
    if (!this.#reader.atEnd) throw new PatternError(") without (");
    const { groups, names } = this.#state;
    return { root, groups, names };
  }

  choice(): RegexpNode {
    if (++this.#depth > MAX_GROUP_DEPTH) {
      throw new PatternError("parentheses nested too deep");
    }
    const { flags } = this.#state;
    const items = [this.sequence()];
    while (this.#reader.take("|")) items.push(this.sequence());
    this.#state.flags = flags;
    this.#depth--;
    return items.length === 1 ? items[0] : { kind: "choice", items };
  }

  sequence(): RegexpNode {
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

  /** Skips comments, and white space if option x is on. */
  #skipIgnored(): void {
    const reader = this.#reader;
    for (;;) {
      if (reader.take("(?#")) reader.until(")");
      else if (!this.#state.flags.extended) return;
      else if (/[ \t\n\v\f\r]/.test(reader.peek() || "x")) reader.position++;
      else if (reader.peek() === "#") {
        const end = reader.text.indexOf("\n", reader.position);
        reader.position = end < 0 ? reader.text.length : end + 1;
      } else return;
    }
  }

  /** Reads the text between `\Q` and `\E`, byte by byte. */
  #quoted(items: RegexpNode[]): void {
    const reader = this.#reader;
    const found = reader.text.indexOf("\\E", reader.position);
    const end = found < 0 ? reader.text.length : found;
    while (reader.position < end) {
      const node = this.#state.byte(reader.next().charCodeAt(0));
      const isLast = reader.position === end;
      if (isLast) reader.take("\\E");
      items.push(isLast ? this.#quantified(node) : node);
    }
    reader.take("\\E");
  }

  #quantified(node: RegexpNode): RegexpNode {
    const reader = this.#reader;
    this.#skipIgnored();
    const found = reader.match(QUANTIFIER);
    if (found === null) return node;
    if (node.kind === "position" || node.kind === "keep") {
      throw new PatternError("quantifier follows an assertion");
    }
    const [min, max] = repeatCounts(found);
    const isLazy = reader.take("?");
    const isPossessive = !isLazy && reader.take("+");
    let result = repeated(node, min, max, isLazy);
    if (isPossessive) result = { kind: "atomic", body: result };
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
    const { multiline, dotAll } = this.#state.flags;
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
        return readParenthesis(this.#state, this);
      case "\\":
        return readEscape(this.#state);
      default:
        return this.#state.byte(character.charCodeAt(0));
    }
  }

  #class(): RegexpNode {
    const reader = this.#reader;
    // These are word boundaries in the syntax of other libraries.
    if (reader.take("[:<:]]") || reader.take("[:>:]]")) {
      throw new PatternError("[[:<:]] and [[:>:]] are not supported");
    }
    const { ignoreCase } = this.#state.flags;
    return { kind: "set", set: readClass(reader, ignoreCase) };
  }
}

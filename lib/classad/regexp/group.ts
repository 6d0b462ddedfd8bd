/**
 * Everything that begins with a parenthesis: groups, assertions, conditions,
 * calls, option settings and verbs.
 *
 * @module
 */
import { PatternError } from "./character.ts";
import { checkedName } from "./parts.ts";
import type { PatternState } from "./pattern_state.ts";
import type { Condition, LookNode, RegexpNode } from "./tree.ts";

/** Reads the pattern within parentheses. The closing one is left. */
export interface BodyReader {
  /** Reads alternatives with `|` between them. */
  choice(): RegexpNode;
  /** Reads one alternative. */
  sequence(): RegexpNode;
}

/**
 * Reads what a parenthesis begins. The reader stands after the `(`. Returns
 * undefined if it only changes options, as `(?i)` does. Throws
 * {@linkcode PatternError} for a form that PCRE refuses, or that this library
 * does not support.
 */
export function readParenthesis(
  state: PatternState,
  body: BodyReader,
): RegexpNode | undefined {
  return new GroupReader(state, body).parenthesis();
}

class GroupReader {
  readonly #state: PatternState;
  readonly #body: BodyReader;

  constructor(state: PatternState, body: BodyReader) {
    this.#state = state;
    this.#body = body;
  }

  parenthesis(): RegexpNode | undefined {
    const { reader } = this.#state;
    if (reader.peek() === "*") return this.#verb();
    if (!reader.take("?")) return this.#group();
    if (reader.take(":")) return this.#withoutNumber();
    if (reader.take("|")) return this.#branchReset();
    if (reader.take(">")) return { kind: "atomic", body: this.#inner() };
    const look = this.#look();
    if (look !== undefined) return look;
    if (reader.take("P=")) return this.#state.reference(this.#nameUntil(")"));
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
        group: call[1] === undefined ? 0 : this.#state.groupOf(call[1]),
      };
    }
    return this.#flagSetting();
  }

  #nameUntil(close: string): string {
    return checkedName(this.#state.reader.until(close));
  }

  #closed(node: RegexpNode): RegexpNode {
    if (!this.#state.reader.take(")")) throw new PatternError(") is missing");
    return node;
  }

  /** Reads alternatives and the closing parenthesis. */
  #inner(): RegexpNode {
    return this.#closed(this.#body.choice());
  }

  /** Reads a group without a number, which exists only to be repeated. */
  #withoutNumber(): RegexpNode {
    return { kind: "sequence", items: [this.#inner()] };
  }

  #group(name?: string): RegexpNode {
    const { names } = this.#state;
    const index = ++this.#state.groups;
    if (name !== undefined) {
      if (names.has(name)) throw new PatternError("name used twice");
      names.set(name, index);
    }
    return { kind: "group", index, body: this.#inner() };
  }

  /** Reads `(?|…)`: the groups of each alternative have the same numbers. */
  #branchReset(): RegexpNode {
    const state = this.#state;
    const { flags, groups: first } = state;
    let most = first;
    const items: RegexpNode[] = [];
    do {
      state.groups = first;
      items.push(this.#body.sequence());
      most = Math.max(most, state.groups);
    } while (state.reader.take("|"));
    state.groups = most;
    state.flags = flags;
    return this.#closed({ kind: "choice", items });
  }

  #look(): LookNode | undefined {
    const found = this.#state.reader.match(/<?[=!]/y)?.[0];
    if (found === undefined) return undefined;
    return this.#lookBody(found.startsWith("<"), found.endsWith("!"));
  }

  #lookBody(behind: boolean, negative: boolean): LookNode {
    this.#state.assertions++;
    const body = this.#inner();
    this.#state.assertions--;
    return { kind: "look", behind, negative, body };
  }

  /**
   * Reads `(*FAIL)`, `(*F)` or an assertion with a name. The other verbs change
   * how PCRE searches and are not supported.
   */
  #verb(): RegexpNode {
    const { reader } = this.#state;
    if (reader.take("*FAIL)") || reader.take("*F)")) return { kind: "fail" };
    const look = reader.match(
      /\*(pla|nla|plb|nlb|atomic|positive_lookahead|negative_lookahead|positive_lookbehind|negative_lookbehind):/y,
    )?.[1];
    if (look === undefined) throw new PatternError("verbs are not supported");
    if (look === "atomic") return { kind: "atomic", body: this.#inner() };
    const behind = look.includes("behind") || look.endsWith("lb");
    return this.#lookBody(behind, look.startsWith("n"));
  }

  #condition(): RegexpNode {
    const condition = this.#conditionTest();
    const body = this.#inner();
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
    const { reader } = this.#state;
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
    const group = this.#state.groupOf(quoted?.[1] ?? quoted?.[2] ?? text);
    return { kind: "group", group };
  }

  /**
   * Reads `(?i)`, which sets options for the rest of the group around it, or
   * `(?i:…)`, which sets them for its own content.
   */
  #flagSetting(): RegexpNode | undefined {
    const state = this.#state;
    const found = state.reader.match(/(\^?)([imsxn]*)(-[imsxn]*)?([:)])/y);
    if (found === null) throw new PatternError("unknown group");
    const before = state.flags;
    const [, reset, on, off = "", mark] = found;
    if ((on + off).includes("n")) {
      throw new PatternError("option n is not supported");
    }
    const choose = (letter: string, value: boolean) =>
      !off.includes(letter) &&
      (on.includes(letter) || (reset === "" && value));
    state.flags = {
      ignoreCase: choose("i", before.ignoreCase),
      multiline: choose("m", before.multiline),
      dotAll: choose("s", before.dotAll),
      extended: choose("x", before.extended),
    };
    if (mark === ")") return undefined;
    const body = this.#withoutNumber();
    state.flags = before;
    return body;
  }
}

/**
 * The language of configuration files: assignments, conditions, metaknobs and
 * included files. The code follows `Parse_macros` of `condor_utils/config.cpp`
 * and the manual's "Configuration File Macros".
 *
 * @module
 */
import { ConfigurationError } from "./errors.ts";
import { settingsOf } from "./metaknobs.ts";

/**
 * The functions and values that the reader of a file needs besides the text.
 */
export interface ConfigContext {
  /**
   * The values by name in capitals, with macros not yet expanded. The reader
   * adds to them.
   */
  readonly values: Map<string, string>;
  /** Returns a text with its macros expanded by the values known so far. */
  expand(text: string): string;
  /** Reads another file. Returns whether it exists. */
  include(path: string): boolean;
  /**
   * Returns the version of HTCondor here, such as `25.14.1`, or undefined if it
   * is not known.
   */
  version(): string | undefined;
  /** Called with a message about something that had to be assumed. */
  note(message: string): void;
}

/** An `if` around the current line. */
interface Condition {
  /** Whether the current branch is active. */
  holds: boolean;
  /** Whether a branch of this `if` was active already. */
  decided: boolean;
}

/**
 * The version that is assumed if the real one is not known. It is the newest
 * that we know.
 */
const latest = "25.14.0";

const remedy =
  "put condor_config_val, which can read it, into the PATH, or name another file in CONDOR_CONFIG";

/**
 * Reads the text of a configuration file into `context.values`.
 *
 * @throws {ConfigurationError} If HTCondor would reject the file too, or if the
 * file may set a needed knob in a way that only HTCondor's own tools can
 * evaluate.
 */
export function readConfigText(
  text: string,
  file: string,
  context: ConfigContext,
): void {
  const conditions: Condition[] = [];
  const enabled = () => conditions.every(({ holds }) => holds);
  let here: { name: string; end: string; lines: string[] } | undefined;
  for (const { line: whole, number } of logicalLines(text)) {
    const at = `${file}, line ${number}`;
    if (here !== undefined) {
      if (whole.trim() !== here.end) here.lines.push(whole);
      else {
        assign(context, here.name, "=", here.lines.join("\n"));
        here = undefined;
      }
      continue;
    }
    const line = whole.trim().replace(/^:\s*(?=\S)/, "");
    if (line === "" || line.startsWith("#")) continue;
    if (takeCondition(line, conditions, enabled, context, at)) continue;
    if (!enabled() || takeDirective(line, context, at)) continue;
    const match = /^([A-Za-z_][\w.]*)\s*(@=|\+[,;|&]{0,2}=|=)\s*(.*)$/s
      .exec(line);
    if (match === null) {
      context.note(`${at}: the line was not understood and is ignored`);
      continue;
    }
    const [, name, operator, value] = match;
    if (operator !== "@=") assign(context, name, operator, value);
    else here = { name, end: `@${value}`, lines: [] };
  }
}

/** Yields lines. A line that ends with `\` is joined with the next one. */
function* logicalLines(
  text: string,
): Generator<{ line: string; number: number }> {
  const lines = text.replace(/\r/g, "").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const number = at + 1;
    let line = lines[at];
    if (!/^\s*#/.test(line)) {
      while (line.endsWith("\\") && at + 1 < lines.length) {
        const next = lines[++at];
        // A comment between the lines does not end the value.
        line = line.slice(0, -1) +
          (/^\s*#/.test(next)
            ? (next.endsWith("\\") ? "\\" : "")
            : next.trimStart());
      }
    }
    yield { line, number };
  }
}

function takeCondition(
  line: string,
  conditions: Condition[],
  enabled: () => boolean,
  context: ConfigContext,
  at: string,
): boolean {
  const match = /^(if|elif|else|endif)(?:\s+(.*))?$/i.exec(line);
  if (match === null) return false;
  const [, word, expression = ""] = match;
  const test = () => evaluate(expression, context, at);
  const last = conditions.at(-1);
  switch (word.toLowerCase()) {
    case "if": {
      const holds = enabled() && test();
      conditions.push({ holds, decided: holds });
      return true;
    }
    case "endif":
      if (conditions.pop() === undefined) throw broken("endif without if", at);
      return true;
    default: {
      if (last === undefined) throw broken(`${word} without if`, at);
      const outer = conditions.slice(0, -1).every(({ holds }) => holds);
      const isElse = word.toLowerCase() === "else";
      last.holds = !last.decided && outer && (isElse || test());
      last.decided ||= last.holds;
      return true;
    }
  }
}

/**
 * Evaluates a condition. As in HTCondor, it can be a truth value, a number,
 * `defined` or `version`.
 */
function evaluate(text: string, context: ConfigContext, at: string): boolean {
  const expanded = context.expand(text).trim();
  const inverted = expanded.startsWith("!");
  const expression = expanded.replace(/^!\s*/, "");
  const value = truth(expression, context, at);
  if (value !== undefined) return value !== inverted;
  if (expression === "" && text.includes("$")) return inverted;
  throw broken(`not a valid condition: ${text}`, at);
}

function truth(
  expression: string,
  context: ConfigContext,
  at: string,
): boolean | undefined {
  if (/^(true|yes|t)$/i.test(expression)) return true;
  if (/^(false|no|f)$/i.test(expression)) return false;
  if (/^[-+]?[\d.]+$/.test(expression)) return Number(expression) !== 0;
  const name = /^defined(?:\s+(.*))?$/i.exec(expression);
  if (name !== null) return isDefined(name[1] ?? "", context);
  const version = /^version\s*(!?[<>=]=?)\s*v?(\d+\.\d+(?:\.\d+)?)$/i
    .exec(expression);
  if (version === null) return undefined;
  let own = context.version();
  if (own === undefined) {
    own = latest;
    context.note(
      `${at}: the version of HTCondor is not known; ${latest} is assumed`,
    );
  }
  return compare(own, version[1], version[2]);
}

function isDefined(what: string, context: ConfigContext): boolean {
  if (what === "") return false;
  const use = /^use\s+(\w+)(?::(\w+))?$/i.exec(what);
  if (use !== null) return settingsOf(use[1], use[2] ?? "") !== undefined;
  return /^(true|false|yes|no|t|f|[-+]?[\d.]+)$/i.test(what) ||
    context.expand(`$(${what})`) !== "";
}

function compare(own: string, operator: string, other: string): boolean {
  const mine = own.split(".").map(Number),
    theirs = other.split(".").map(Number);
  // A number that the condition leaves out counts as equal.
  const difference = mine.map((n, i) => n - (theirs[i] ?? n)).find((n) => n) ??
    0;
  const negated = operator.startsWith("!");
  const plain = operator.replace("!", "");
  const holds = (plain.includes("<") && difference < 0) ||
    (plain.includes(">") && difference > 0) ||
    (plain.includes("=") && difference === 0);
  return holds !== negated;
}

/**
 * Handles `use`, `include`, `error` and `warning`. Returns false for another
 * line.
 */
function takeDirective(
  line: string,
  context: ConfigContext,
  at: string,
): boolean {
  const use = /^use\s+(\w+)\s*:\s*(.*)$/i.exec(line);
  if (use !== null) {
    takeMetaknobs(use[1], use[2], context, at);
    return true;
  }
  const include = /^@?include\b([^:]*):\s*(.*)$/i.exec(line);
  if (include !== null) {
    const [, options, what] = include;
    if (/\b(command|output)\b/i.test(options) || what.trim().endsWith("|")) {
      throw unknown("the configuration is the output of a command", at);
    }
    const path = context.expand(what).trim();
    if (!context.include(path) && !/\bifexists?\b/i.test(options)) {
      throw broken(`cannot read ${path}`, at);
    }
    return true;
  }
  const said = /^(error|warning)\b[^:=]*:\s*(.*)$/i.exec(line);
  if (said === null) return false;
  if (said[1].toLowerCase() === "error") {
    throw broken(context.expand(said[2]), at);
  }
  return true;
}

function takeMetaknobs(
  category: string,
  list: string,
  context: ConfigContext,
  at: string,
): void {
  // The list has the form NAME, NAME(arguments with commas) …
  for (const [, name] of list.matchAll(/(\w+)\s*(?:\([^)]*\))?\s*(?:,|$)/g)) {
    const settings = settingsOf(category, name);
    if (settings === undefined) {
      throw unknown(`use ${category}:${name} is not known`, at);
    }
    for (const [knob, value] of settings) assign(context, knob, "=", value);
  }
}

function assign(
  { values, expand }: ConfigContext,
  written: string,
  operator: string,
  value: string,
): void {
  const name = written.toUpperCase();
  const before = values.get(name) ?? "";
  if (operator.startsWith("+")) {
    const between = operator.slice(1, -1);
    const joint = between.length > 1 ? ` ${between} ` : between || " ";
    values.set(name, before === "" ? value : `${before}${joint}${value}`);
    return;
  }
  // A knob may extend itself: NAME = $(NAME) more, NAME = $(NAME:default) more.
  const self = new RegExp(
    `\\$\\(${name.replaceAll(".", "\\.")}(?::([^()]*))?\\)`,
    "gi",
  );
  values.set(
    name,
    value.replace(self, (_, otherwise) => before || expand(otherwise ?? "")),
  );
}

function broken(what: string, at: string): ConfigurationError {
  return new ConfigurationError(
    `HTCondor's configuration is broken (${what})`,
    {
      subject: at,
      remedy: "HTCondor itself does not accept the line: correct it",
    },
  );
}

function unknown(what: string, at: string): ConfigurationError {
  return new ConfigurationError(
    `HTCondor's configuration cannot be read without HTCondor (${what})`,
    { subject: at, remedy },
  );
}

/**
 * The language of configuration files: assignments, conditions, metaknobs,
 * included files. After `Parse_macros` of `condor_utils/config.cpp` and the
 * manual's "Configuration File Macros".
 *
 * @module
 */
import { ConfigurationError } from "./errors.ts";
import { settingsOf } from "./metaknobs.ts";

/** What the reader of a file needs besides its text. */
export interface ConfigContext {
  /** Values by name in capitals, macros not yet expanded; is added to. */
  readonly values: Map<string, string>;
  /** A text with its macros expanded by what is known so far. */
  expand(text: string): string;
  /** Reads another file; whether it was there. */
  include(path: string): boolean;
  /** The version of HTCondor here, `25.14.1`; undefined if it can't be told. */
  version(): string | undefined;
  /** Told of what was taken on trust. */
  note(message: string): void;
}

/** An `if` around the current line. */
interface Condition {
  /** Whether its current branch holds. */
  holds: boolean;
  /** Whether a branch held already. */
  decided: boolean;
}

/** As what versions are compared when it can't be told: the latest known. */
const latest = "25.14.0";

const remedy =
  "put condor_config_val into the PATH, which knows it, or name another file in CONDOR_CONFIG";

/**
 * Takes over what a file says.
 *
 * @throws {ConfigurationError} If HTCondor would not take it either, or if it
 *   may set what we need in a way that only HTCondor's own tools know.
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
      context.note(`${at}: not understood, passed over`);
      continue;
    }
    const [, name, operator, value] = match;
    if (operator !== "@=") assign(context, name, operator, value);
    else here = { name, end: `@${value}`, lines: [] };
  }
}

/** Lines, those that end with `\` joined with the next. */
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
        // A comment in between does not end the value.
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

/** HTCondor knows truth values, numbers, `defined` and `version`; no more. */
function evaluate(text: string, context: ConfigContext, at: string): boolean {
  const expanded = context.expand(text).trim();
  const inverted = expanded.startsWith("!");
  const expression = expanded.replace(/^!\s*/, "");
  const value = truth(expression, context, at);
  if (value !== undefined) return value !== inverted;
  if (expression === "" && text.includes("$")) return inverted;
  throw broken(`not a condition: ${text}`, at);
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
    context.note(`${at}: HTCondor is taken to be of version ${latest}`);
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
  // A number that is left out is as ours.
  const difference = mine.map((n, i) => n - (theirs[i] ?? n)).find((n) => n) ??
    0;
  const negated = operator.startsWith("!");
  const plain = operator.replace("!", "");
  const holds = (plain.includes("<") && difference < 0) ||
    (plain.includes(">") && difference > 0) ||
    (plain.includes("=") && difference === 0);
  return holds !== negated;
}

/** `use`, `include`, `error`, `warning`. */
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
      throw unknown("what a command prints is configuration", at);
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
  // NAME, NAME(arguments with commas) …
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
  // A knob may be extended: NAME = $(NAME) more, NAME = $(NAME:default) more.
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
    { subject: at, remedy: "HTCondor itself does not take it: mend the line" },
  );
}

function unknown(what: string, at: string): ConfigurationError {
  return new ConfigurationError(
    `HTCondor's configuration cannot be read without HTCondor (${what})`,
    { subject: at, remedy },
  );
}

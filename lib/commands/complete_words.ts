/**
 * What may stand at the place of a word that somebody is typing.
 *
 * @module
 */
import { type Command, commonFlags, type Flag, type Flags } from "./command.ts";
import {
  type Candidate,
  type LiveKind,
  liveValues,
} from "./complete_values.ts";
import { parseFlags } from "./parse_flags.ts";

/** The verbs that completion offers, each with the way to load it. */
export type CompletedVerbs = readonly {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Pick<Command, "flags" | "usage">>;
}[];

/** What a flag's value or a word without a flag can be. */
type Kind = LiveKind | "files" | "folders";

/** The values that the queue, the collector or the configuration knows. */
const kindOfFlag: Readonly<Record<string, Kind>> = {
  constraint: "attributes",
  attributes: "attribute-list",
  ids: "jobs",
  "export-id": "exports",
  again: "exports",
  name: "schedds",
};

/** What a verb's usage calls its words, and a flag its value. */
const kindOfName: Readonly<Record<string, Kind>> = {
  "CLUSTER.PROC": "jobs",
  EXPR: "attributes",
  NAME: "sites",
  SITE: "sites",
  SCHEDD: "schedds",
  "EXPORT-ID": "exports",
  FILE: "files",
  "FILE...": "files",
  LOG: "files",
  BUNDLE: "files",
  A: "files",
  DIR: "folders",
  "DIR...": "folders",
};

/**
 * Returns what may stand at the place of the last word. Live values that cannot
 * be had, for example because no schedd answers, are left out in silence.
 */
export async function candidatesFor(
  words: readonly string[],
  verbs: CompletedVerbs,
): Promise<readonly Candidate[]> {
  // bash makes words of its own of "=" and what follows: --queue = FILE.
  const typed = words.slice(0, -1).filter((word) => word !== "=");
  const last = words.at(-1) ?? "";
  const word = last === "=" ? "" : last;
  if (typed[0] === "help") {
    return begins(verbWords(typed.slice(1), verbs), word);
  }
  const verb = findVerb(typed, verbs);
  if (verb === undefined) return begins(verbWords(typed, verbs), word);
  const { flags, usage } = await verb.load();
  const rest = typed.slice(verb.name.split(" ").length);
  const all: Flags = { ...flags, ...commonFlags };
  const flag = flagOfValue(rest, all);
  if (flag === undefined && word.startsWith("-")) {
    return begins(flagWords(all), word);
  }
  if (flag?.choices) {
    return begins(flag.choices.map((text) => ({ text })), word);
  }
  const kind = flag ? flag.kind : kindOfArgument(usage);
  if (kind === "files" || kind === "folders") return [{ text: `:${kind}` }];
  if (kind === undefined) return [];
  return await liveValues(kind, word, knownFlags(rest, flags));
}

function begins(
  candidates: readonly Candidate[],
  word: string,
): readonly Candidate[] {
  return candidates.filter(({ text }) => text.startsWith(word));
}

function findVerb(words: readonly string[], verbs: CompletedVerbs) {
  return [2, 1].filter((count) => count <= words.length)
    .map((count) => words.slice(0, count).join(" "))
    .map((name) => verbs.find((verb) => verb.name === name))
    .find((verb) => verb !== undefined);
}

/** The first words of verbs, or the second ones of a family such as `log`. */
function verbWords(
  typed: readonly string[],
  verbs: CompletedVerbs,
): readonly Candidate[] {
  if (typed.length > 1) return [];
  const family = typed.length === 1 ? `${typed[0]} ` : "";
  const words = new Map<string, Candidate>();
  for (const { name, summary } of verbs) {
    if (!name.startsWith(family)) continue;
    const [text, ...more] = name.slice(family.length).split(" ");
    const remark = more.length === 0 ? summary : undefined;
    if (!words.has(text)) words.set(text, { text, remark });
  }
  if (family === "") {
    for (const text of ["help", "--help", "--version"]) {
      words.set(text, { text });
    }
  }
  return [...words.values()];
}

function flagWords(flags: Flags): readonly Candidate[] {
  return Object.entries(flags).filter(([, { hidden }]) => !hidden)
    .map(([name, { help }]) => ({ text: `--${name}`, remark: help }));
}

/** The flag whose value is being typed, and what this value can be. */
function flagOfValue(
  words: readonly string[],
  flags: Flags,
): (Flag & { readonly kind: Kind | undefined }) | undefined {
  const at = words.findLastIndex((word) => /^--?[A-Za-z]/.test(word));
  if (at < 0) return undefined;
  const given = words[at].replace(/^--?/, "");
  const found = Object.entries(flags).find(([name, { aliases }]) =>
    name === given || aliases?.includes(given)
  );
  if (found === undefined || found[1].type === "boolean") return undefined;
  const [name, flag] = found;
  if (flag.type !== "list" && at !== words.length - 1) return undefined;
  const value = (flag.value ?? "").split("|")[0];
  return { ...flag, kind: kindOfFlag[name] ?? kindOfValue(value) };
}

/** `NAME` is a site only as a verb's own word: flags call an owner so. */
function kindOfValue(value: string): Kind | undefined {
  return value === "NAME" ? undefined : kindOfName[value];
}

/** What the first word without a flag is, by the verb's usage. */
function kindOfArgument(usage: readonly string[]): Kind | undefined {
  for (const line of usage) {
    const words = line.replace(/--?[a-z][a-z-]* [A-Z|.,-]+/g, "")
      .replace(/[[\]]/g, "").split(/\s+/);
    const name = words.find((word) => /^[A-Z][A-Z.|]*$/.test(word));
    if (name !== undefined) return kindOfName[name.split("|")[0]] ?? "files";
  }
  return undefined;
}

/** The flags that choose the queue, as far as the line has them. */
function knownFlags(words: readonly string[], flags: Flags) {
  try {
    return parseFlags(complete(words), flags).flags;
  } catch {
    return undefined;
  }
}

/** The line without a flag at its end that waits for its value. */
function complete(words: readonly string[]): readonly string[] {
  const isFlag = /^--?[A-Za-z]/.test(words.at(-1) ?? "");
  return isFlag ? words.slice(0, -1) : words;
}

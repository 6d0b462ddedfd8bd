/**
 * HTCondor's configuration without HTCondor's help: enough of the language to
 * find daemons and credentials. After `condor_utils/condor_config.cpp` and the
 * manual's "Introduction to Configuration".
 *
 * @module
 */
import { join } from "@std/path";
import { knobs } from "./knobs.ts";

/** What a configuration is read from; for tests it is not the host. */
export interface ConfigSource {
  /** An environment variable. */
  env(name: string): string | undefined;
  /** The text of a file; undefined when there is none that can be read. */
  read(path: string): string | undefined;
  /** The names in a folder; empty when there is none that can be read. */
  list(path: string): readonly string[];
  /** The host's full name. */
  hostname(): string;
}

/** Where HTCondor looks for its main file when CONDOR_CONFIG is not set. */
const mainFiles = [
  "/etc/condor/condor_config",
  "/usr/local/etc/condor_config",
];

/** As LOCAL_CONFIG_DIR_EXCLUDE_REGEXP has it by default. */
const excluded = /^(\..*|.*~|#.*|.*\.rpmsave|.*\.rpmnew)$/;

/**
 * Reads the configuration: the main file, LOCAL_CONFIG_DIR, LOCAL_CONFIG_FILE,
 * then variables `_CONDOR_NAME`. `include` with a command, `use` and `if` are
 * passed over: where they matter, `condor_config_val` has to be there.
 *
 * @returns Every knob by its upper-case name, macros not yet expanded, and the
 *   files that were read.
 */
export function readConfigFiles(
  source: ConfigSource,
): { values: Map<string, string>; files: string[] } {
  const values = new Map(Object.entries(knobs));
  values.set("FULL_HOSTNAME", source.hostname());
  const files: string[] = [];
  const take = (path: string): void => {
    const text = source.read(path);
    if (text === undefined) return;
    files.push(path);
    for (const [name, value] of assignments(text)) {
      // A knob may be extended: NAME = $(NAME) more.
      const self = new RegExp(`\\$\\(${name}\\)`, "gi");
      values.set(name, value.replace(self, values.get(name) ?? ""));
    }
  };
  const main = source.env("CONDOR_CONFIG");
  if (main !== "ONLY_ENV") {
    const path = main ?? mainFiles.find((file) => source.read(file));
    if (path !== undefined) take(path);
    for (const folder of listOf(expand("LOCAL_CONFIG_DIR", values))) {
      const names = source.list(folder).filter((name) => !excluded.test(name));
      for (const name of [...names].sort()) take(join(folder, name));
    }
    for (const file of listOf(expand("LOCAL_CONFIG_FILE", values))) take(file);
  }
  for (const name of [...Object.keys(knobs), ...values.keys()]) {
    const value = source.env(`_CONDOR_${name}`) ??
      source.env(`_condor_${name}`);
    if (value !== undefined) values.set(name, value);
  }
  return { values, files };
}

/** The lines `NAME = value`, with `\` at the end joining the next line. */
function* assignments(text: string): Iterable<[string, string]> {
  const lines = text.replace(/\r/g, "").split("\n");
  let conditions = 0;
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at];
    while (line.endsWith("\\") && at + 1 < lines.length) {
      line = line.slice(0, -1) + lines[++at];
    }
    if (/^\s*if\s/i.test(line)) conditions++;
    if (/^\s*endif\b/i.test(line)) conditions = Math.max(0, conditions - 1);
    if (conditions > 0 || /^\s*#/.test(line)) continue;
    const match = /^\s*(?:TOOL\.)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/i
      .exec(line);
    if (match) yield [match[1].toUpperCase(), match[2]];
  }
}

/** The value of a knob with its macros expanded; empty when there is none. */
export function expand(
  name: string,
  values: ReadonlyMap<string, string>,
  env: (name: string) => string | undefined = () => undefined,
  depth = 0,
): string {
  const raw = values.get(name.toUpperCase()) ?? "";
  if (depth > 20) return raw;
  return raw
    .replace(
      /\$ENV\((\w+)(?::([^)]*))?\)/gi,
      (_, variable, otherwise) => env(variable) ?? otherwise ?? "",
    )
    .replace(
      /\$\(([\w.]+)(?::([^()]*))?\)/g,
      (_, other, otherwise) =>
        expand(other, values, env, depth + 1) || (otherwise ?? ""),
    );
}

/** The items of a list: between commas or blanks. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

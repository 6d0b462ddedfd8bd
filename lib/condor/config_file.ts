/**
 * HTCondor's configuration without HTCondor's help, where
 * `condor_config_val` is not in the PATH: which files are read, and in which
 * order. After `condor_utils/condor_config.cpp` and the manual's "Introduction
 * to Configuration".
 *
 * @module
 */
import { join } from "@std/path";
import { readConfigText } from "./config_language.ts";
import { ConfigurationError } from "./errors.ts";
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
  /** The user's home directory, by the user database; see `homeDirectory`. */
  home?(): string | undefined;
  /** Whether we are root, for whom no user's configuration counts. */
  isRoot?(): boolean;
}

/** What was read. */
export interface ReadConfig {
  /** Every knob by its name in capitals, macros not yet expanded. */
  readonly values: Map<string, string>;
  /** The files that were read. */
  readonly files: readonly string[];
  /** What was taken on trust. */
  readonly notes: readonly string[];
}

/** Where HTCondor looks for its main file when CONDOR_CONFIG is not set. */
const mainFiles = [
  "/etc/condor/condor_config",
  "/usr/local/etc/condor_config",
];

/** Files of a LOCAL_CONFIG_DIR may include others, which may include others. */
const mostNested = 20;

/**
 * Reads the configuration: the main file, LOCAL_CONFIG_DIR, LOCAL_CONFIG_FILE,
 * the user's own, then variables `_CONDOR_NAME`.
 *
 * @throws {ConfigurationError} If a file is broken, or only HTCondor's own
 *   tools can tell what it means.
 */
export function readConfigFiles(source: ConfigSource): ReadConfig {
  const values = new Map(Object.entries(knobs));
  values.set("FULL_HOSTNAME", source.hostname());
  const files: string[] = [];
  const notes: string[] = [];
  let depth = 0;
  const take = (path: string): boolean => {
    const text = source.read(path);
    if (text === undefined) return false;
    if (depth >= mostNested) {
      throw new ConfigurationError("configuration files include each other", {
        subject: path,
      });
    }
    depth++;
    files.push(path);
    readConfigText(text, path, context);
    depth--;
    return true;
  };
  const context = {
    values,
    expand: (text: string) => expandText(text, values, source.env),
    include: take,
    version: () => {
      const file = expand("SCHEDD_ADDRESS_FILE", values, source.env);
      const text = source.read(file) ?? "";
      return /^\$CondorVersion: (\d+\.\d+\.\d+)/m.exec(text)?.[1];
    },
    note: (message: string) => void notes.push(message),
  };
  const main = source.env("CONDOR_CONFIG");
  if (main !== "ONLY_ENV") {
    const path = main ?? mainFiles.find((file) => source.read(file));
    if (path !== undefined && !take(path) && main !== undefined) {
      throw new ConfigurationError("cannot read the file of CONDOR_CONFIG", {
        subject: main,
      });
    }
    takeLocalFiles(source, values, take);
  }
  for (const name of new Set([...Object.keys(knobs), ...values.keys()])) {
    const value = source.env(`_CONDOR_${name}`) ??
      source.env(`_condor_${name}`);
    if (value !== undefined) values.set(name, value);
  }
  nameHost(values);
  return { values, files, notes };
}

function takeLocalFiles(
  source: ConfigSource,
  values: Map<string, string>,
  take: (path: string) => boolean,
): void {
  const value = (name: string) => expand(name, values, source.env);
  for (const folder of listOf(value("LOCAL_CONFIG_DIR"))) {
    const excluded = new RegExp(value("LOCAL_CONFIG_DIR_EXCLUDE_REGEXP"));
    const names = source.list(folder).filter((name) => !excluded.test(name));
    for (const name of [...names].sort()) take(join(folder, name));
  }
  const files = value("LOCAL_CONFIG_FILE");
  if (files.trim().endsWith("|")) {
    throw new ConfigurationError(
      "HTCondor's configuration cannot be read without HTCondor (what a command prints is configuration)",
      {
        subject: `LOCAL_CONFIG_FILE = ${files}`,
        remedy: "put condor_config_val into the PATH",
      },
    );
  }
  for (const file of listOf(files)) take(file);
  const home = source.home?.();
  const own = value("USER_CONFIG_FILE");
  if (own === "" || source.isRoot?.()) return;
  if (own.startsWith("/")) take(own);
  else if (home !== undefined) take(join(home, ".condor", own));
}

/** The names of the host that follow from others. */
function nameHost(values: Map<string, string>): void {
  const host = expand("NETWORK_HOSTNAME", values) ||
    values.get("FULL_HOSTNAME")!;
  const domain = expand("DEFAULT_DOMAIN_NAME", values);
  const full = host.includes(".") || domain === "" ? host : `${host}.${domain}`;
  values.set("FULL_HOSTNAME", full);
  values.set("HOSTNAME", full.split(".")[0]);
  // Which of the host's addresses HTCondor takes we can't tell; its name does.
  const address = expand("NETWORK_INTERFACE", values);
  const isAddress = /^[\d.]+$|^\[?[\da-f]*:[\da-f:]*\]?$/i.test(address);
  values.set("IP_ADDRESS", isAddress ? address : full);
}

/**
 * The value of a knob with its macros expanded; empty when there is none. Of a
 * knob that is defined by itself, in a circle, the macro stays.
 */
export function expand(
  name: string,
  values: ReadonlyMap<string, string>,
  env: (name: string) => string | undefined = () => undefined,
  within: readonly string[] = [],
): string {
  const upper = name.toUpperCase();
  // What is said to tools alone counts for us.
  const raw = values.get(`TOOL.${upper}`) ?? values.get(upper) ?? "";
  return expandText(raw, values, env, [...within, upper]);
}

function expandText(
  text: string,
  values: ReadonlyMap<string, string>,
  env: (name: string) => string | undefined,
  within: readonly string[] = [],
): string {
  let result = text;
  // From the inside out, as a default may hold macros.
  for (let before = ""; before !== result;) {
    before = result;
    result = result.replace(
      /(?<!\$)\$(ENV)?\(([\w.]+)(?::([^()]*))?\)/g,
      (_, ofHost, other, otherwise = "") => {
        if (ofHost) return env(other) ?? otherwise;
        const name = other.toUpperCase();
        return within.includes(name)
          ? `$\0(${other})`
          : expand(name, values, env, within) || otherwise;
      },
    );
  }
  return within.length > 1 ? result : result.replaceAll("$\0(", "$(");
}

/** The items of a list: between commas or blanks. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

/**
 * Reads HTCondor's configuration if `condor_config_val` is not in the PATH:
 * which files are read, and in which order. The code follows
 * `condor_utils/condor_config.cpp` and the manual's "Introduction to
 * Configuration".
 *
 * @module
 */
import { join } from "@std/path";
import { readConfigText } from "./config_language.ts";
import { ConfigurationError } from "./errors.ts";
import { knobs } from "./knobs.ts";

/** The source of a configuration. Tests use another one than the host. */
export interface ConfigSource {
  /** Returns the value of an environment variable. */
  env(name: string): string | undefined;
  /** Returns the text of a file, or undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** Returns the names in a folder. They are empty if it cannot be read. */
  list(path: string): readonly string[];
  /** Returns the host's full name. */
  hostname(): string;
  /**
   * Returns the user's home directory from the user database; see
   * `homeDirectory`.
   */
  home?(): string | undefined;
  /** Returns whether we are root. Root has no user configuration. */
  isRoot?(): boolean;
}

/** The configuration that was read. */
export interface ReadConfig {
  /** Every knob by its name in capitals, with macros not yet expanded. */
  readonly values: Map<string, string>;
  /** The files that were read. */
  readonly files: readonly string[];
  /** Messages about what had to be assumed. */
  readonly notes: readonly string[];
}

/** The places of HTCondor's main file if CONDOR_CONFIG is not set. */
const mainFiles = [
  "/etc/condor/condor_config",
  "/usr/local/etc/condor_config",
];

/** How deep files may include each other. */
const mostNested = 20;

/**
 * Reads the configuration: the main file, LOCAL_CONFIG_DIR, LOCAL_CONFIG_FILE,
 * the user's own file, then environment variables `_CONDOR_NAME`.
 *
 * @throws {ConfigurationError} If a file is broken, or if only HTCondor's own
 * tools can evaluate it.
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
      throw new ConfigurationError(
        "cannot read the file that CONDOR_CONFIG names",
        {
          subject: main,
        },
      );
    }
    takeLocalFiles(source, values, take);
  }
  takeEnvironment(source, values);
  nameHost(values);
  return { values, files, notes };
}

/** Environment variables `_CONDOR_NAME` override every file. */
function takeEnvironment(
  source: ConfigSource,
  values: Map<string, string>,
): void {
  for (const name of [...values.keys()]) {
    const value = source.env(`_CONDOR_${name}`) ??
      source.env(`_condor_${name}`);
    if (value !== undefined) values.set(name, value);
  }
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
      "HTCondor's configuration cannot be read without HTCondor (the configuration is the output of a command)",
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

/** Sets the names of the host that follow from other knobs. */
function nameHost(values: Map<string, string>): void {
  const host = expand("NETWORK_HOSTNAME", values) ||
    values.get("FULL_HOSTNAME")!;
  const domain = expand("DEFAULT_DOMAIN_NAME", values);
  const full = host.includes(".") || domain === "" ? host : `${host}.${domain}`;
  values.set("FULL_HOSTNAME", full);
  values.set("HOSTNAME", full.split(".")[0]);
  // We cannot know which of the host's addresses HTCondor chooses. The name
  // works as well.
  const address = expand("NETWORK_INTERFACE", values);
  const isAddress = /^[\d.]+$|^\[?[\da-f]*:[\da-f:]*\]?$/i.test(address);
  values.set("IP_ADDRESS", isAddress ? address : full);
}

/**
 * Returns the value of a knob with its macros expanded, or the empty string if
 * the knob is not set. If a knob is defined by itself, that macro is not
 * expanded.
 */
export function expand(
  name: string,
  values: ReadonlyMap<string, string>,
  env: (name: string) => string | undefined = () => undefined,
  within: readonly string[] = [],
): string {
  const upper = name.toUpperCase();
  // A value that is set for tools only (TOOL.NAME) counts for us.
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
  // The innermost macros are expanded first, because a default may contain
  // macros.
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

/** Returns the items of a list that is separated by commas or white space. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

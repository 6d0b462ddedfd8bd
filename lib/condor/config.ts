import { homeDirectory } from "./user_database.ts";
import { ConfigurationError } from "./errors.ts";
import { expand, listOf, readConfigFiles } from "./config_file.ts";
import { knobs } from "./knobs.ts";

/**
 * HTCondor's configuration of this host, as HTCondor's tools see it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const config = new CondorConfig(new Map([["SPOOL", "/var/spool/condor"]]));
 * assertEquals(config.get("spool"), "/var/spool/condor");
 * assertEquals(config.get("LOG"), undefined);
 * ```
 */
export class CondorConfig {
  /** The source: `condor_config_val`, or the files that were read. */
  readonly origin: string;
  /** Messages about what had to be assumed without HTCondor's tools. */
  readonly notes: readonly string[];
  readonly #values: ReadonlyMap<string, string>;

  /** `values` are the expanded values by name in capitals. */
  constructor(
    values: ReadonlyMap<string, string>,
    origin = "given",
    notes: readonly string[] = [],
  ) {
    this.#values = values;
    this.origin = origin;
    this.notes = notes;
  }

  /** Returns the value of a knob, or undefined if it is not set or empty. */
  get(name: string): string | undefined {
    return this.#values.get(name.toUpperCase()) || undefined;
  }

  /** Returns the items of a knob that is a list. */
  list(name: string): string[] {
    return listOf(this.get(name) ?? "");
  }

  /**
   * Returns the value of a knob that is a boolean, or undefined if it is not
   * set.
   */
  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : /^(t|y|1)/i.test(value);
  }

  /**
   * Returns the value of a knob that is a number, or undefined if it is not a
   * number.
   */
  number(name: string): number | undefined {
    const value = Number(this.get(name) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  }
}

/**
 * Reads the configuration. If `condor_config_val` is in the PATH, one call of
 * it (about 10 ms) returns all values. Otherwise the files and environment
 * variables are read.
 *
 * @throws {ConfigurationError} If the configuration is broken.
 */
export async function loadConfig(): Promise<CondorConfig> {
  const names = Object.keys(knobs);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("condor_config_val", {
      // Each knob is an expression. If the knob is not set, the result is then
      // empty and not an error.
      args: ["-macro", ...names.map((name) => `${name}=$(${name})`)],
      stdin: "null",
    }).output();
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable
    ) return hostConfig();
    throw error;
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    throw new ConfigurationError("HTCondor's configuration is broken", {
      subject: decoder.decode(output.stderr).trim().split("\n")[0],
      remedy: "run condor_config_val -summary, and check CONDOR_CONFIG",
    });
  }
  return new CondorConfig(
    parseMacros(decoder.decode(output.stdout), names),
    "condor_config_val",
  );
}

/**
 * Parses lines `NAME=value`. A value of several lines ends where the next name
 * begins.
 */
function parseMacros(
  text: string,
  names: readonly string[],
): Map<string, string> {
  const values = new Map<string, string>();
  let at = 0;
  let current: string | undefined;
  for (const line of text.split("\n")) {
    const next = names[at];
    if (next !== undefined && line.startsWith(`${next}=`)) {
      values.set(next, line.slice(next.length + 1));
      current = next;
      at++;
    } else if (current !== undefined && line !== "") {
      values.set(current, `${values.get(current)}\n${line}`);
    }
  }
  return values;
}

/** The note for a host without a configuration of HTCondor. */
export const noConfiguration =
  "no configuration of HTCondor was found: CONDOR_CONFIG is not set, and /etc/condor/condor_config does not exist";

/** Reads the configuration from the host's files and environment variables. */
function hostConfig(): CondorConfig {
  const env = (name: string) => Deno.env.get(name);
  const { values, files, notes } = readConfigFiles({
    env,
    read: (path) => {
      try {
        return Deno.readTextFileSync(path);
      } catch {
        return undefined;
      }
    },
    list: (path) => {
      try {
        return Array.from(Deno.readDirSync(path), (entry) => entry.name);
      } catch {
        return [];
      }
    },
    hostname: () => Deno.hostname(),
    home: homeDirectory,
    isRoot: () => Deno.uid() === 0,
  });
  const expanded = new Map(
    Array.from(values.keys(), (name) => [name, expand(name, values, env)]),
  );
  return new CondorConfig(
    expanded,
    `${files.join(", ") || "no file"} (condor_config_val is not in the PATH)`,
    files.length === 0 ? [noConfiguration, ...notes] : notes,
  );
}

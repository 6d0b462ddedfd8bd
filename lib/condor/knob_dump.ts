import { ConfigurationError } from "./errors.ts";

/** A knob of HTCondor's configuration, and where it is set. */
export interface Knob {
  /** The name as it is written in the configuration. */
  readonly name: string;
  /** The value with its macros expanded. It may have several lines. */
  readonly value: string;
  /** The place: `FILE, line N`, or `<Environment>`. */
  readonly place: string;
}

/**
 * Returns the knobs whose names match a pattern, by one call of
 * `condor_config_val -verbose -dump`.
 *
 * @param pattern The text that the names must contain, such as `LUMBERJACK_`.
 * @throws {ConfigurationError} If condor_config_val is not in the PATH, or if
 * the configuration is broken.
 */
export async function readKnobs(pattern: string): Promise<Knob[]> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("condor_config_val", {
      args: ["-verbose", "-dump", pattern],
      stdin: "null",
    }).output();
  } catch (cause) {
    throw new ConfigurationError("cannot run condor_config_val", {
      cause,
      remedy: "install HTCondor on this host, or put condor_config_val into " +
        `the PATH: it reads the knobs ${pattern}*`,
    });
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    throw new ConfigurationError("HTCondor's configuration is broken", {
      subject: decoder.decode(output.stderr).trim().split("\n")[0],
      remedy: "run condor_config_val -summary, and check CONDOR_CONFIG",
    });
  }
  return parseKnobDump(decoder.decode(output.stdout));
}

/**
 * Reads the output of `condor_config_val -verbose -dump`. For each knob it has the
 * definition, the line ` # at: PLACE`, and ` # expanded: VALUE`, whose further
 * lines begin with ` #     `.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [knob] = parseKnobDump(
 *   "A = $(B)/x\n # at: /etc/condor/condor_config, line 3\n # expanded: /b/x\n",
 * );
 * assertEquals(knob, {
 *   name: "A",
 *   value: "/b/x",
 *   place: "/etc/condor/condor_config, line 3",
 * });
 * ```
 */
export function parseKnobDump(text: string): Knob[] {
  const knobs: Knob[] = [];
  let name: string | undefined;
  let place = "";
  let value: string[] | undefined;
  const finish = () => {
    if (name !== undefined && value !== undefined) {
      knobs.push({ name, value: value.join("\n").trim(), place });
    }
    name = value = undefined;
  };
  for (const line of text.split("\n")) {
    const at = /^ # at: (.*)$/.exec(line)?.[1];
    const expanded = /^ # expanded: ?(.*)$/.exec(line)?.[1];
    const more = /^ # {4,}(.*)$/.exec(line)?.[1];
    const defined = /^([\w.]+) (?:=|@=)/.exec(line)?.[1];
    if (at !== undefined) place = at;
    else if (expanded !== undefined) value = [expanded];
    else if (more !== undefined) value?.push(more);
    else if (defined !== undefined && (name === undefined || value)) {
      finish();
      name = defined;
    }
  }
  finish();
  return knobs;
}

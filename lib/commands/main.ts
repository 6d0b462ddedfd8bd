import { type Command, ExitStatus, UsageError } from "./command.ts";
import { describeError } from "./describe_error.ts";
import { commandHelp, programHelp } from "./help.ts";
import { parseFlags } from "./parse_flags.ts";
import { prototypeLine } from "./prototype.ts";
import { type Verb, verbs } from "./verbs.ts";
import { Terminal, type TerminalOptions } from "../terminal/mod.ts";
import { version } from "../lumberjack/version.ts";

/**
 * Runs one command line, the program's name not among its words, and answers
 * with the exit status. Never throws: an error becomes one line on `err`.
 */
export async function main(
  words: readonly string[],
  streams: Pick<TerminalOptions, "out" | "err">,
): Promise<number> {
  try {
    return await dispatch(prototypeLine(words, verbs), streams);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return ExitStatus.done;
    const terminal = new Terminal(streams);
    terminal.error(describeError(error));
    if (words.includes("--debug") && error instanceof Error) {
      terminal.error(stackWithCauses(error));
    }
    return exitStatusOf(error);
  }
}

async function dispatch(
  words: readonly string[],
  streams: Pick<TerminalOptions, "out" | "err">,
): Promise<number> {
  const plain = new Terminal(streams);
  if (words[0] === "help") return await dispatch(helpLine(words), streams);
  const [first] = words;
  if (first === undefined || isHelp(first)) {
    plain.write(programHelp(await loadAll(verbs)));
    plain.flush();
    return first === undefined ? ExitStatus.usage : ExitStatus.done;
  }
  if (first === "--version" || first === "version") {
    plain.line(`lumberjack ${version}`);
    plain.flush();
    return ExitStatus.done;
  }
  const family = verbs.filter((verb) => verb.name.startsWith(`${first} `));
  if (family.length > 0 && words[1] !== undefined && isHelp(words[1])) {
    plain.write(programHelp(await loadAll(family)));
    plain.flush();
    return ExitStatus.done;
  }
  const { command, rest } = await findCommand(words);
  if (rest.some(isHelp)) {
    plain.write(commandHelp(command));
    plain.flush();
    return ExitStatus.done;
  }
  const { flags, args } = parseFlags(rest, command.flags);
  const terminal = new Terminal({
    ...streams,
    json: flags.boolean("json"),
    quiet: flags.boolean("quiet"),
  });
  try {
    return await command.run({ flags, args, terminal });
  } finally {
    terminal.flush();
  }
}

/** Loads these verbs' files, for the help that lists them. */
async function loadAll(verbs: readonly Verb[]): Promise<readonly Command[]> {
  return await Promise.all(verbs.map((verb) => verb.load()));
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h" || word === "-help";
}

/** `help` and `help VERB`, as many programs have it. */
function helpLine([, ...verb]: readonly string[]): readonly string[] {
  return [...verb, "--help"];
}

async function findCommand(
  words: readonly string[],
): Promise<{ command: Command; rest: readonly string[] }> {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const verb = verbs.find((verb) => verb.name === name);
    if (verb) {
      return { command: await verb.load(), rest: words.slice(count) };
    }
  }
  const family = verbs.filter((v) => v.name.startsWith(`${words[0]} `));
  throw new UsageError(family.length > 0 ? "incomplete verb" : "unknown verb", {
    subject: words.slice(0, 2).join(" "),
    remedy: family.length > 0
      ? `write ${family.map((verb) => `lumberjack ${verb.name}`).join(", or ")}`
      : "lumberjack --help lists the verbs",
  });
}

function exitStatusOf(error: unknown): number {
  const { exitStatus } = (error ?? {}) as { exitStatus?: unknown };
  if (typeof exitStatus === "number") return exitStatus;
  return error instanceof UsageError ? ExitStatus.usage : ExitStatus.failed;
}

function stackWithCauses(error: Error): string {
  const cause = error.cause instanceof Error
    ? `\ncaused by ${stackWithCauses(error.cause)}`
    : "";
  return (error.stack ?? error.message) + cause;
}

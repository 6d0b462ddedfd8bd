import { type Command, ExitStatus, UsageError } from "./command.ts";
import { describeError } from "./describe_error.ts";
import { commandHelp, programHelp } from "./help.ts";
import { nearest } from "./nearest.ts";
import { OutputError, OutputSink } from "./output.ts";
import { parseFlags } from "./parse_flags.ts";
import { adoptionLineOf, prototypeLine } from "./prototype.ts";
import { shownVerbs, type Verb, verbs } from "./verbs.ts";
import { Terminal, type TerminalOptions } from "../terminal/mod.ts";
import { version } from "../lumberjack/version.ts";

type Streams = Pick<TerminalOptions, "out" | "err">;

/**
 * Runs one command line and returns its exit status. `words` do not include the
 * program's name. Never throws: an error becomes one line on `err`.
 */
export async function main(
  words: readonly string[],
  streams: Streams,
): Promise<number> {
  // Nobody can be told that standard error is full or closed.
  const err = new OutputSink(streams.err, { required: false });
  leaveForbiddenFolder();
  try {
    const line = await adoptionLineOf(words) ?? prototypeLine(words, verbs);
    return await dispatch(line, { ...streams, err });
  } catch (error) {
    // `lumberjack log show … | head` is no failure.
    if (error instanceof OutputError && error.isClosedPipe) {
      return ExitStatus.done;
    }
    const terminal = new Terminal({ out: err, err });
    terminal.error(describeError(error));
    if (words.includes("--debug") && error instanceof Error) {
      terminal.error(stackWithCauses(error));
    }
    return exitStatusOf(error);
  }
}

/**
 * In a folder that the user may not enter, no program can be started: `sudo -u condor
 * lumberjack` in a home of root, say.
 */
function leaveForbiddenFolder(): void {
  try {
    // Any name: the executable asks for "." without entering the folder.
    Deno.lstatSync("lumberjack");
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) Deno.chdir("/");
  }
}

async function dispatch(
  words: readonly string[],
  streams: Streams,
): Promise<number> {
  if (words[0] === "help") {
    if (words[1] === "configuration") {
      const { knobsHelp } = await import("./knobs_help.ts");
      print(knobsHelp(), streams);
      return ExitStatus.done;
    }
    return await dispatch(helpLine(words), streams);
  }
  const page = pageOf(words);
  if (page !== undefined) {
    print(page, streams);
    return words.length === 0 ? ExitStatus.usage : ExitStatus.done;
  }
  const { verb, rest } = findVerb(words);
  const command = await verb.load();
  if (asksForHelp(rest)) {
    print(commandHelp(command, verb.summary), streams);
    return ExitStatus.done;
  }
  return await run(command, rest, streams);
}

/** Returns the page that is about the program, if the words ask for one. */
function pageOf(words: readonly string[]): string | undefined {
  const [first, second] = words;
  if (first === undefined || isHelp(first)) {
    return programHelp(shownVerbs());
  }
  if (first === "--version" || first === "version") {
    return `lumberjack ${version}\n`;
  }
  const family = verbs.filter((verb) => verb.name.startsWith(`${first} `));
  return family.length > 0 && second !== undefined && isHelp(second)
    ? programHelp(family)
    : undefined;
}

function print(text: string, streams: Streams): void {
  const out = new OutputSink(streams.out, { required: true });
  const terminal = new Terminal({ ...streams, out });
  terminal.write(text);
  terminal.flush();
}

/** Runs a verb. A report that cannot be written does not undo the work. */
async function run(
  command: Command,
  words: readonly string[],
  streams: Streams,
): Promise<number> {
  const { flags, args } = parseFlags(words, command.flags);
  const out = new OutputSink(streams.out, {
    required: command.isForOutput === true,
  });
  const terminal = new Terminal({
    ...streams,
    out,
    json: flags.boolean("json"),
    quiet: flags.boolean("quiet"),
  });
  try {
    return await command.run({ flags, args, terminal });
  } finally {
    terminal.flush();
    if (out.failure && !command.isForOutput) {
      terminal.error(
        `lumberjack: the output could not be written: ${out.failure.subject}: ` +
          "the exit status says how the work went",
      );
    }
  }
}

/** A word after `--` is no flag. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).some(isHelp);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h" || word === "-help";
}

/** `help` and `help VERB`, as many programs have it. */
function helpLine([, ...verb]: readonly string[]): readonly string[] {
  return [...verb, "--help"];
}

function findVerb(
  words: readonly string[],
): { readonly verb: Verb; readonly rest: readonly string[] } {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const verb = verbs.find((verb) => verb.name === name);
    if (verb) return { verb, rest: words.slice(count) };
  }
  throw wrongVerb(words.filter((word) => !isHelp(word)));
}

/** The error for words that begin no verb, or only the first word of one. */
function wrongVerb([first = "", second]: readonly string[]): UsageError {
  const names = shownVerbs().map(({ name }) => name);
  const family = names.filter((name) => name.startsWith(`${first} `))
    .map((name) => name.slice(first.length + 1));
  if (family.length > 0 && second === undefined) {
    return new UsageError("incomplete verb", {
      subject: first,
      remedy: `write ${first} and one of ${family.join(", ")}`,
    });
  }
  const isSecond = family.length > 0 && second !== undefined;
  const near = isSecond
    ? nearest(second, family)
    : nearest(first, [...new Set(names.map((name) => name.split(" ")[0]))]);
  const before = isSecond ? `${first} ` : "";
  return new UsageError(
    first.startsWith("-") ? "unknown flag or verb" : "unknown verb",
    {
      subject: `${before}${isSecond ? second : first}`,
      remedy: (near ? `did you mean lumberjack ${before}${near}? ` : "") +
        `lumberjack ${before}--help lists the verbs`,
    },
  );
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

import {
  ClassAd,
  ClassAdError,
  ClassAdSyntaxError,
  decodeText,
  evaluate,
  parse,
  readAds,
  type Release,
  type Syntax,
  unparseValue,
  valueType,
} from "../classad/mod.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type FlagValues,
  type Invocation,
  UsageError,
} from "./command.ts";

/** What `--json` prints. */
export interface Json {
  /** The expressions, in the order in which they were given. */
  readonly results: readonly Result[];
}

/** `lumberjack eval` */
export const command: Command = {
  name: "eval",
  usage: [
    "eval [-file FILE] [-target-file FILE] EXPR...",
    "eval [-file FILE] [-target-file FILE] --batch < EXPRESSIONS",
  ],
  description: `
Prints one line for each expression: its value in ClassAd syntax. Bare names and MY
are looked up in the ad of -file, TARGET in the ad of -target-file. A file has one
ad in any form that condor_q and condor_status print (-long, -long:new, -json,
-xml).

With --batch, each line of standard input is an expression and gives one line of
output. If the expression cannot be read, this line begins with "syntax error".`,
  flags: {
    file: {
      type: "string",
      value: "FILE",
      help: "the ad in which bare names and MY are looked up",
    },
    "target-file": {
      type: "string",
      value: "FILE",
      help: "the ad in which TARGET is looked up",
    },
    batch: {
      type: "boolean",
      help: "read expressions from standard input, one on each line",
    },
    syntax: {
      type: "string",
      value: "new|old",
      choices: ["new", "old"],
      help:
        "read and print the new syntax (default), or the old one of job_queue.log and -long",
    },
    release: {
      type: "string",
      value: "23.9|25",
      choices: ["23.9", "25"],
      help: "answer as this release of HTCondor, where releases differ",
    },
  },
  examples: [
    { line: "lumberjack eval '2 + 2 * 3'", does: "prints 8" },
    {
      line:
        "condor_q 12.0 -long > job.ad; lumberjack eval -file job.ad 'RequestMemory > 1024'",
      does: "evaluate an expression in the ad of a job",
    },
  ],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const batch = flags.boolean("batch");
    if (batch !== (args.length === 0)) {
      throw new UsageError(
        batch
          ? "expressions come from standard input with --batch"
          : "no expression",
        { subject: args[0], remedy: "write EXPR..., or --batch" },
      );
    }
    const evaluator = new Evaluator(flags);
    if (terminal.json) return await printJson(evaluator, args, batch, terminal);
    if (!batch) {
      // All are read before the first is printed: no output, or all of it.
      for (const value of args.map((text) => evaluator.value(text))) {
        terminal.line(value.text);
      }
      return ExitStatus.done;
    }
    for await (const lines of lineChunks(Deno.stdin.readable)) {
      for (const text of lines) {
        const result = evaluator.attempt(text);
        terminal.line("value" in result ? result.value : oneLine(result.error));
      }
      // The program at the other end of the pipe may wait for the answers.
      terminal.flush();
    }
    return ExitStatus.done;
  },
};

/** What an expression has come to. */
type Result =
  | {
    /** The expression. */
    readonly expression: string;
    /** Its value in ClassAd syntax. */
    readonly value: string;
    /** The type of the value. */
    readonly type: string;
  }
  | {
    /** The expression. */
    readonly expression: string;
    /** Why it cannot be read. */
    readonly error: SyntaxProblem;
  };

/** Why an expression cannot be read. */
interface SyntaxProblem {
  /** What is wrong. */
  readonly message: string;
  /** In characters from the start of the expression. */
  readonly offset: number;
  /** The place in the expression. */
  readonly subject?: string;
}

class Evaluator {
  readonly #my: ClassAd;
  readonly #target: ClassAd | undefined;
  readonly #syntax: Syntax;
  readonly #release: Release | undefined;

  constructor(flags: FlagValues) {
    this.#syntax = choice(flags, "syntax", ["new", "old"]) ?? "new";
    this.#release = choice(flags, "release", ["23.9", "25"]);
    const file = flags.string("file");
    const targetFile = flags.string("target-file");
    this.#my = file === undefined ? new ClassAd() : readAdFile(file);
    this.#target = targetFile === undefined
      ? undefined
      : readAdFile(targetFile);
  }

  value(text: string): { text: string; type: string } {
    const syntax = this.#syntax;
    const release = this.#release;
    const expr = parse(text, { syntax, release });
    const value = evaluate(expr, this.#my, this.#target, { release });
    const printed = unparseValue(value, { syntax });
    return { text: printed, type: valueType(value) };
  }

  attempt(expression: string): Result {
    try {
      const { text, type } = this.value(expression);
      return { expression, value: text, type };
    } catch (error) {
      if (!(error instanceof ClassAdSyntaxError)) throw error;
      const { message, offset, subject } = error;
      return { expression, error: { message, offset, subject } };
    }
  }
}

function choice<T extends string>(
  flags: FlagValues,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = flags.string(name);
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw new UsageError("flag has no such value", {
      subject: `--${name} ${value}`,
      remedy: `choose ${choices.join(" or ")}`,
    });
  }
  return found;
}

function readAdFile(path: string): ClassAd {
  let text: string;
  try {
    text = path === "-" ? readAllStdin() : decodeText(Deno.readFileSync(path));
  } catch (cause) {
    throw new ClassAdError("cannot read the ad", {
      subject: `${path}: ${(cause as Error).message.split(/[:(]/)[0].trim()}`,
      cause,
    });
  }
  try {
    const ads = readAds(text);
    if (ads.length === 1) return ads[0];
    throw new ClassAdError(
      ads.length === 0 ? "no ad in the file" : "more than one ad in the file",
      { subject: path, remedy: "give a file with one ad" },
    );
  } catch (cause) {
    if (!(cause instanceof ClassAdSyntaxError)) throw cause;
    throw new ClassAdError(cause.message, {
      subject: `${path}: ${cause.subject}`,
      remedy: "give an ad in long form, new syntax, JSON or XML",
      cause,
    });
  }
}

function readAllStdin(): string {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(65536);
  for (
    let n = Deno.stdin.readSync(buffer);
    n;
    n = Deno.stdin.readSync(buffer)
  ) {
    parts.push(buffer.slice(0, n));
  }
  return decodeText(joined(parts));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The lines of a stream, as many at once as have come. */
async function* lineChunks(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string[]> {
  let parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) {
      parts.push(chunk);
      continue;
    }
    yield splitLines(joined([...parts, chunk.subarray(0, end)]));
    parts = [chunk.slice(end + 1)];
  }
  const rest = joined(parts);
  if (rest.length > 0) yield splitLines(rest);
}

function splitLines(bytes: Uint8Array): string[] {
  return decodeText(bytes).split("\n").map((line) => line.replace(/\r$/, ""));
}

function oneLine({ message, subject }: SyntaxProblem): string {
  return `syntax error: ${message}: ${subject}`.replace(/\s+/g, " ");
}

async function printJson(
  evaluator: Evaluator,
  args: readonly string[],
  batch: boolean,
  terminal: Terminal,
): Promise<number> {
  const results: Result[] = [];
  if (batch) {
    for await (const lines of lineChunks(Deno.stdin.readable)) {
      results.push(...lines.map((text) => evaluator.attempt(text)));
    }
  } else {
    // Outside a batch a syntax error is the end of it.
    for (const expression of args) {
      const { text, type } = evaluator.value(expression);
      results.push({ expression, value: text, type });
    }
  }
  terminal.printJson<Json>({ results });
  return ExitStatus.done;
}

import { TransportError } from "./transport.ts";

/** At most so many characters of what a program says are shown. */
const mostSaid = 300;

/** How a program is run. */
export interface ProgramOptions {
  /** What to do if it fails. */
  readonly remedy: string;
  /** What it reads from standard input. */
  readonly input?: string;
  /** Whether to return what it writes to standard output. */
  readonly wantsOutput?: boolean;
}

/**
 * Runs a program that moves bundles. Returns what it wrote, if that is wanted.
 * Throws {@linkcode TransportError} if it cannot be started, or fails; the error
 * has the last line that it said.
 *
 * @param argv The program and its arguments.
 * @param options How it is run.
 */
export async function runProgram(
  argv: readonly string[],
  { remedy, input = "", wantsOutput = false }: ProgramOptions,
): Promise<string> {
  const [program, ...args] = argv;
  let output: Deno.CommandOutput;
  try {
    const child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: wantsOutput ? "piped" : "null",
      stderr: "piped",
    }).spawn();
    const done = child.output();
    await feed(child.stdin, input);
    output = await done;
  } catch (cause) {
    throw new TransportError("cannot run the program", {
      cause,
      subject: program,
      remedy: "install it, or correct the knob that names it",
    });
  }
  const decoder = new TextDecoder();
  if (output.success) return wantsOutput ? decoder.decode(output.stdout) : "";
  const said = reasonIn(decoder.decode(output.stderr));
  const { code, signal } = output;
  throw new TransportError(`${program} failed`, {
    subject: signal
      ? `signal ${signal}`
      : `exit status ${code}: ${said.slice(0, mostSaid)}`,
    remedy,
  });
}

/**
 * Returns the line that says why: the last one, but what ssh says counts more
 * than what rsync says about it.
 */
function reasonIn(text: string): string {
  const lines = text.trim().split("\n");
  return lines.findLast((line) => !/^rsync( error)?: /.test(line)) ??
    lines.at(-1)!;
}

/** Writes to a program that may end before it has read everything. */
async function feed(
  stdin: WritableStream<Uint8Array>,
  input: string,
): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // The exit status says what went wrong.
  }
}

import { TransportError } from "./transport.ts";

/** At most so many characters of what a program says are shown. */
const mostSaid = 300;

/** How a program is run. */
export interface ProgramOptions {
  /** What to do if it fails; a function gets the line in which it says why. */
  readonly remedy: string | ((said: string) => string);
  /** The place that it is about, for the error. */
  readonly place?: string;
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
  { remedy, place, input = "", wantsOutput = false }: ProgramOptions,
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
  const why = signal
    ? `signal ${signal}`
    : `exit status ${code}: ${said.slice(0, mostSaid)}`;
  throw new TransportError(`${program} failed`, {
    subject: place === undefined ? why : `${place}: ${why}`,
    remedy: typeof remedy === "string" ? remedy : remedy(said),
  });
}

/**
 * Returns the line that says why: the last one, but what ssh says counts more
 * than what rsync says about it, and the file that rsync could not open or write
 * more than the connection that broke because of that.
 */
function reasonIn(text: string): string {
  // An empty line can stand between the lines of rsync.
  const lines = text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.findLast((line) => !/^rsync( error)?: /.test(line)) ??
    lines.find((line) => / failed(: | on )/.test(line)) ??
    lines.at(-1) ?? "";
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

import { TransportError } from "./transport.ts";

/** At most so many characters of what a program says are shown. */
const mostSaid = 300;

/**
 * Runs a program that moves bundles. Throws {@linkcode TransportError} if it
 * cannot be started, or fails; the error has the first line that it said.
 *
 * @param argv The program and its arguments.
 * @param remedy What to do if it fails.
 * @param input What the program reads from standard input.
 */
export async function runProgram(
  argv: readonly string[],
  remedy: string,
  input = "",
): Promise<void> {
  const [program, ...args] = argv;
  let output: Deno.CommandOutput;
  try {
    const child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "null",
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
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr).trim().split("\n");
  const { code, signal } = output;
  throw new TransportError(`${program} failed`, {
    subject: signal
      ? `signal ${signal}`
      : `exit status ${code}: ${said.at(-1)!.slice(0, mostSaid)}`,
    remedy,
  });
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

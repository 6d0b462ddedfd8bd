/**
 * Starts the programs of a batch system.
 *
 * @module
 */
import { RemoteError } from "../error.ts";

/** At most so many characters of what a program says are shown. */
const mostSaid = 300;

/**
 * Runs a program and returns what it printed. Throws {@linkcode RemoteError} if
 * it cannot be started or fails. The error has the last line that it said.
 */
export async function ask(
  program: string,
  args: readonly string[],
): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
    }).output();
  } catch (cause) {
    throw new RemoteError("this machine does not have the batch system", {
      cause,
      subject: `${program} cannot be started`,
      remedy: "run this on a login node, or name another one with --batch",
    });
  }
  const text = new TextDecoder();
  if (output.success) return text.decode(output.stdout);
  const said = text.decode(output.stderr).trim().split("\n").at(-1) ?? "";
  throw new RemoteError("the batch system refused", {
    subject: `${program}: ${
      said.slice(0, mostSaid) || `exit status ${output.code}`
    }`,
    remedy:
      "correct what it names: queue, account, nodes or walltime; see --help",
  });
}

/** Returns the user who asks. */
export function thisUser(): string {
  return Deno.env.get("USER") ?? Deno.env.get("LOGNAME") ??
    String(Deno.uid() ?? "");
}

/** Throws that an answer has another form than expected. */
export function strangeAnswer(program: string, answer: string): RemoteError {
  return new RemoteError("the batch system answered something unexpected", {
    subject: `${program}: ${answer.trim().slice(0, mostSaid)}`,
    remedy: "run the program by hand; please report its answer",
  });
}

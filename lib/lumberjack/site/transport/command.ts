import { runProgram } from "./program.ts";
import type { Transport } from "./transport.ts";

/**
 * Moves bundles by a command of the administrator's. It is called as
 * `COMMAND... send SITE FILE`, and as `COMMAND... receive SITE FOLDER ID...`. It
 * exits with 0 only if everything is there, under the file's own name and complete.
 */
export function commandTransport(
  argv: readonly string[],
  site: string,
): Transport {
  const remedy = "run the command by hand, as the same user";
  // The permissions of the executable name its programs; sh starts any other.
  const command = ["sh", "-c", 'exec "$@"', "sh", ...argv];
  return {
    send: (file) => runProgram([...command, "send", site, file], remedy),
    receive: (exportIds, folder) =>
      runProgram([...command, "receive", site, folder, ...exportIds], remedy),
  };
}

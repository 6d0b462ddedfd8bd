import { runProgram } from "./program.ts";
import type { Transport } from "./transport.ts";

/**
 * Moves bundles by a command of the administrator's. It is called as
 * `COMMAND... send SITE FILE`, as `COMMAND... receive SITE FOLDER ID...`, and as
 * `COMMAND... check SITE`. It exits with 0 only if everything is there, under the
 * file's own name and complete.
 */
export function commandTransport(
  argv: readonly string[],
  site: string,
): Transport {
  const remedy = "run the command by hand, as the same user";
  // The permissions of the executable name its programs; sh starts any other.
  const command = ["sh", "-c", 'exec "$@"', "sh", ...argv];
  return {
    async send(file) {
      await runProgram([...command, "send", site, file], { remedy });
    },
    async receive(exportIds, folder) {
      const words = ["receive", site, folder, ...exportIds];
      await runProgram([...command, ...words], { remedy });
    },
    async *check() {
      const said = await runProgram([...command, "check", site], {
        remedy: `${remedy}: ${[...argv, "check", site].join(" ")}`,
        wantsOutput: true,
      });
      const [first] = said.trim().split("\n");
      const message = `${argv[0]} check ${site}: ${first || "exit status 0"}`;
      yield { step: "command", message };
    },
  };
}

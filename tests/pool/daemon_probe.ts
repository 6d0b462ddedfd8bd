/**
 * Runs inside a pool for daemon_commands_test.ts. It sends a command to the
 * daemon that wrote an address file. It prints an error as one line on stdout.
 */
import {
  CondorError,
  loadConfig,
  locateSchedd,
  reconfigure,
  Schedd,
  securityOf,
  type Shutdown,
  turnOff,
} from "../../lib/condor/mod.ts";

const [what, addressFile] = Deno.args;
const config = await loadConfig();
const security = securityOf(config);
const address = Deno.readTextFileSync(addressFile).split("\n")[0];
try {
  if (what === "reconfigure") await reconfigure(address, security);
  else if (what === "reschedule") {
    const schedd = new Schedd(
      await locateSchedd({}, config, security),
      security,
    );
    // The first command makes a session, and the second resumes it.
    for (let i = 0; i < 2; i++) await schedd.reschedule();
  } else await turnOff(address, what as Shutdown, security);
} catch (error) {
  if (!(error instanceof CondorError)) throw error;
  console.log([error.message, error.subject, error.remedy].join(": "));
}

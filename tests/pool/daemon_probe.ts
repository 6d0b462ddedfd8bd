/**
 * Runs inside a pool for daemon_commands_test.ts: tells a daemon something, by
 * its address file. An error goes to stdout as one line.
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
    // A new session, and one that is resumed.
    for (let i = 0; i < 2; i++) await schedd.reschedule();
  } else await turnOff(address, what as Shutdown, security);
} catch (error) {
  if (!(error instanceof CondorError)) throw error;
  console.log([error.message, error.subject, error.remedy].join(": "));
}

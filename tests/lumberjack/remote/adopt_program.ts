/**
 * Adopts an export. With KILL_AFTER=N, the program kills itself at the Nth step.
 *
 * @module
 */
import { adopt } from "../../../lib/lumberjack/remote/adopt.ts";

// Adopt as an ordinary user. As root, the test would need users that not every
// machine has.
Deno.uid = () => 1000;

let left = Number(Deno.env.get("KILL_AFTER") ?? "0");

/**
 * Counts down at each call. When the count reaches zero, it kills the process
 * instead.
 */
function counted<Args extends unknown[], Result>(
  call: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
    return call(...args);
  };
}

Deno.mkdirSync = counted(Deno.mkdirSync);
Deno.removeSync = counted(Deno.removeSync);
Deno.renameSync = counted(Deno.renameSync);
Deno.chmodSync = counted(Deno.chmodSync);

const [from, spool] = Deno.args;
console.log(JSON.stringify(await adopt({ in: from, spool })));

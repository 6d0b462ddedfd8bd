/**
 * Adopts an export, and ends without a word at the step that KILL_AFTER counts.
 *
 * @module
 */
import { adopt } from "../../../lib/lumberjack/remote/adopt.ts";

// As an ordinary user does: root would need users who are not on every machine.
Deno.uid = () => 1000;

let left = Number(Deno.env.get("KILL_AFTER") ?? "0");

/** Ends the process before the call that brings the count to nothing. */
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

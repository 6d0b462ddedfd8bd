/**
 * Runs inside a pool's machine and prints the configuration that Lumberjack
 * reads.
 */
import { loadConfig } from "../../lib/condor/mod.ts";
import { knobs } from "../../lib/condor/knobs.ts";

// With the argument `alone`, Lumberjack cannot find HTCondor's tools.
if (Deno.args[0] === "alone") Deno.env.set("PATH", "/nowhere");
const config = await loadConfig();
const values = Object.keys(knobs).map((name) => [name, config.get(name) ?? ""]);
const { origin, notes } = config;
console.log(
  JSON.stringify({ origin, notes, values: Object.fromEntries(values) }),
);

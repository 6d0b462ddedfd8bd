/** Prints the configuration as we have it, inside a pool's machine. */
import { loadConfig } from "../../lib/condor/mod.ts";
import { knobs } from "../../lib/condor/knobs.ts";

// Without HTCondor's tools, when that is asked for.
if (Deno.args[0] === "alone") Deno.env.set("PATH", "/nowhere");
const config = await loadConfig();
const values = Object.keys(knobs).map((name) => [name, config.get(name) ?? ""]);
const { origin, notes } = config;
console.log(
  JSON.stringify({ origin, notes, values: Object.fromEntries(values) }),
);

/**
 * The executable: `lumberjack VERB ...`.
 *
 * @module
 */
import { setLoaderVariablesAside } from "./lib/commands/loader_variables.ts";
import { main } from "./lib/commands/main.ts";

if (import.meta.main) {
  setLoaderVariablesAside();
  Deno.exitCode = await main(Deno.args, { out: Deno.stdout, err: Deno.stderr });
}

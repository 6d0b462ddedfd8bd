/**
 * The executable: `lumberjack VERB ...`.
 *
 * @module
 */
import { main } from "./lib/commands/main.ts";

if (import.meta.main) {
  Deno.exitCode = await main(Deno.args, { out: Deno.stdout, err: Deno.stderr });
}

import { serve } from "../lumberjack/files/owner/serve.ts";
import { ownerServices } from "../lumberjack/files/owner/services.ts";
import { type Command, ExitStatus } from "./command.ts";

/**
 * `lumberjack as-owner`: the child process in which root acts as a job's owner.
 * Nobody calls it by hand, so help and completion do not list it.
 */
export const command: Command = {
  name: "as-owner",
  usage: ["as-owner"],
  flags: {},
  examples: [
    { does: "what Lumberjack runs for itself", line: "lumberjack as-owner" },
  ],
  async run(): Promise<number> {
    await serve(Deno.stdin, Deno.stdout, ownerServices);
    return ExitStatus.done;
  },
};

import { ownFolder } from "../lumberjack/own_files.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";

/** `lumberjack schema` */
export const command: Command = {
  name: "schema",
  usage: ["schema VERB"],
  description:
    "The schema names every property of the document and says what it is. A later version\n" +
    "may add a property; none goes away.",
  flags: {},
  examples: [
    {
      does: "what does lumberjack export --json print?",
      line: "lumberjack schema export",
    },
    {
      does: "a verb of two words",
      line: "lumberjack schema log verify",
    },
  ],
  isForOutput: true,
  run({ args, terminal }: Invocation): number {
    const verb = args.join("-");
    try {
      if (!/^[a-z-]+$/.test(verb)) throw new Deno.errors.NotFound(verb);
      const file = new URL(`${verb}.json`, ownFolder("docs/schemas"));
      terminal.write(Deno.readTextFileSync(file));
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new UsageError(
        args.length === 0 ? "no verb was named" : "the verb has no schema",
        {
          cause,
          subject: args.join(" ") || undefined,
          remedy: "name a verb that prints JSON, such as lumberjack schema " +
            "export",
        },
      );
    }
    return ExitStatus.done;
  },
};

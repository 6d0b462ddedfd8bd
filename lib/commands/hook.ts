import { oneLine } from "../lumberjack/site/retry.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";

/** `lumberjack hook`: what the scripts in hooks/job_router call. */
export const command: Command = {
  name: "hook",
  usage: ["hook translate|update|finalize|cleanup"],
  description:
    "Reads ads from standard input, as the Job Router writes them. translate stages the\n" +
    "inputs of a job and prints the ad of its copy; update says in the source where the\n" +
    "copy is; finalize brings the outputs home; cleanup removes what was staged.",
  flags: {},
  examples: [
    {
      does: "what a script of the router calls",
      line: "lumberjack hook update",
    },
  ],
  async run({ args, terminal }: Invocation): Promise<number> {
    const hook = args.length === 1 ? hooks[args[0]] : undefined;
    if (hook === undefined) {
      throw new UsageError("not a hook of the Job Router", {
        subject: args.join(" "),
        remedy: "write lumberjack hook translate, update, finalize or cleanup",
      });
    }
    const text = await new Response(Deno.stdin.readable).text();
    const answer = await hook(text);
    for (const line of (answer || "").split("\n")) {
      if (line !== "") terminal.line(line);
    }
    return ExitStatus.done;
  },
};

type Hook = (text: string) => Promise<string | void>;

// Each hook loads only what it needs: the router starts update for every copy in
// each of its rounds.
const hooks: Readonly<Record<string, Hook>> = {
  async translate(text) {
    const { translateHere } = await import("./hook_translate.ts");
    return await translateHere(text);
  },
  async update(text) {
    const { update } = await import("../lumberjack/site/router/update.ts");
    try {
      return await update(text);
    } catch (error) {
      // If this hook failed, the router would not look at the job's status.
      console.error(`lumberjack: ${oneLine(error)}`);
    }
  },
  async finalize(text) {
    const { finalize } = await import("../lumberjack/site/router/finalize.ts");
    await finalize(text);
  },
  async cleanup(text) {
    const { cleanup } = await import("../lumberjack/site/router/cleanup.ts");
    await cleanup(text);
  },
};

import { LumberjackError } from "../lumberjack/error.ts";
import { findCronFolder } from "../lumberjack/site/cron_folder.ts";
import { stageFolderOf } from "../lumberjack/site/hooks/places.ts";
import { loadSites } from "../lumberjack/site/read_sites.ts";
import { oneLine } from "../lumberjack/site/retry.ts";
import { cleanup, finalize, update } from "../lumberjack/site/router/hooks.ts";
import { translate } from "../lumberjack/site/router/translate.ts";
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

const hooks: Readonly<Record<string, Hook>> = {
  async translate(text) {
    const { sites, folder } = await loadSites();
    const top = await findCronFolder({ folder });
    if (top === undefined) {
      throw new LumberjackError(
        "LUMBERJACK_DIR is not set, and LOCAL_DIR neither",
        {
          remedy: "set LUMBERJACK_DIR",
        },
      );
    }
    return await translate(text, {
      stageFolder: stageFolderOf(top),
      presentThere: (name) =>
        sites.find((site) => site.name === name)?.presentThere ?? [],
    });
  },
  async update(text) {
    try {
      return await update(text);
    } catch (error) {
      // If this hook failed, the router would not look at the job's status.
      console.error(`lumberjack: ${oneLine(error)}`);
    }
  },
  finalize: (text) => finalize(text),
  cleanup: (text) => cleanup(text),
};

import { examine } from "../lumberjack/report/doctor.ts";
import type { Command, Invocation } from "./command.ts";
import { type FindingsJson, printFindings } from "./findings.ts";
import { queueFlags, scheddRequest } from "./queue_flags.ts";
import { rejectArguments } from "./selection_flags.ts";

const { queue: _offline, ...scheddFlags } = queueFlags;

/** What `--json` prints. */
export type Json = FindingsJson;

/** `lumberjack doctor` */
export const command: Command = {
  name: "doctor",
  usage: ["doctor"],
  description:
    "Talks to the collector and the schedd as an export would, and changes nothing. For each\n" +
    "problem it says what to change. The exit status is 1 if an export could not work.",
  flags: scheddFlags,
  examples: [
    { does: "check the schedd of this host", line: "lumberjack doctor" },
    {
      does: "check another schedd",
      line: "lumberjack doctor --pool cm.example.org --name submit.example.org",
    },
  ],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const request = scheddRequest(flags);
    return await printFindings(terminal, (tell) => examine(request, tell));
  },
};

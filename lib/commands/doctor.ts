import { examine, type Finding } from "../lumberjack/report/doctor.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { queueFlags, scheddRequest } from "./queue_flags.ts";
import { rejectArguments } from "./selection_flags.ts";

const { queue: _offline, ...scheddFlags } = queueFlags;

/** `lumberjack doctor` */
export const command: Command = {
  name: "doctor",
  summary: "say what would stop an export here, and which knob to change",
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
    const findings: Finding[] = [];
    const request = scheddRequest(flags);
    await examine(request, (finding) => {
      findings.push(finding);
      if (terminal.json) return;
      const { check, state, message, remedy } = finding;
      const mark = { ok: "ok     ", warning: "warning", failed: "FAILED " };
      terminal.line(`${mark[state]} ${check}: ${message}`);
      if (remedy !== undefined) terminal.line(`        -> ${remedy}`);
    });
    const failed = findings.some(({ state }) => state === "failed");
    if (terminal.json) terminal.printJson({ ok: !failed, findings });
    return failed ? ExitStatus.failed : ExitStatus.done;
  },
};

import { pack, type Packed } from "../lumberjack/remote/pack.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { stateLine } from "./remote_run.ts";
import { count, progressOf } from "./report.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export type Json = Packed;

/** `lumberjack remote pack` */
export const command: Command = {
  name: "remote pack",
  usage: ["remote pack --spool DIR --out BUNDLE [--final]"],
  description:
    "Reads the queue log and the jobs' folders only. It needs no HTCondor, so it also works\n" +
    "after everything was killed, and beside a run. A later bundle has the jobs of the\n" +
    "earlier ones again; their import changes nothing.",
  flags: {
    spool: {
      type: "string",
      value: "DIR",
      help: "the folder that remote run or remote adopt filled",
    },
    out: { type: "string", value: "BUNDLE", help: "the bundle to write" },
    final: {
      type: "boolean",
      help: "no run follows: jobs that have not ended become idle at home",
    },
  },
  examples: [{
    does: "save what had ended when the node was lost",
    line: "lumberjack remote pack --spool spool --out back.tar.zst",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const packed = await pack({
      spool: requireFlag(flags, "spool"),
      out: requireFlag(flags, "out"),
      final: flags.boolean("final"),
      progress: progressOf(terminal),
    });
    terminal.progress("");
    if (packed.left > 0) {
      terminal.message(
        `${count(packed.left, "link or special file")} of jobs left out`,
      );
    }
    if (terminal.json) terminal.printJson<Json>(packed);
    else {
      const part = packed.final ? "the last part" : "a part";
      terminal.line(
        `${packed.out} has ${count(packed.packed, "job")} (${part}); ` +
          stateLine(packed.counts),
      );
    }
    return packed.final ? ExitStatus.done : ExitStatus.partial;
  },
};

import { compact, type CompactReport } from "../queue_log/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { damageFlags, requireFiles, tableOptions } from "./log.ts";
import { requireFlag } from "./selection_flags.ts";

/** What `--json` prints. */
export interface Json extends CompactReport {
  /** The log that was read. */
  readonly file: string;
  /** The log that was written. */
  readonly out: string;
}

/** `lumberjack log compact` */
export const command: Command = {
  name: "log compact",
  usage: ["log compact FILE --out FILE"],
  description: `
The log itself is never changed, and no file is overwritten. The new file appears only
when it is complete. Its sequence number is the next one.`,
  flags: {
    out: { type: "string", value: "FILE", help: "the new log" },
    ...damageFlags,
  },
  examples: [{
    line: "lumberjack log compact job_queue.log --out compacted.log",
    does: "write a small log with the same queue",
  }],
  run({ flags, args, terminal }: Invocation): number {
    const [file] = requireFiles(args, 1);
    const out = requireFlag(flags, "out");
    const report = compact(file, out, tableOptions(flags, file));
    if (terminal.json) {
      terminal.printJson<Json>({ file, out, ...report });
    } else {
      terminal.message(
        `${out}: ${report.ads} ads, ${report.records} records, ` +
          `${report.bytesAfter} bytes (${report.bytesBefore} before)`,
      );
    }
    return ExitStatus.done;
  },
};

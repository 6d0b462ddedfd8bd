import { type Flags, type FlagValues, UsageError } from "./command.ts";
import { kindOfLog, type QueueTableOptions } from "../queue_log/mod.ts";

/** The flag of the verbs that can make something of a damaged log. */
export const damageFlags: Flags = {
  tolerant: {
    type: "boolean",
    help: "accept a damaged log, and use what a schedd would load of it",
  },
};

/** How the flags want this log to be read. */
export function tableOptions(
  flags: FlagValues,
  file: string,
): QueueTableOptions {
  return { tolerant: flags.boolean("tolerant"), kind: kindOfLog(file) };
}

/** The files a verb was given; it wants `count` of them. */
export function requireFiles(
  args: readonly string[],
  count: number,
): readonly string[] {
  if (args.length === count) return args;
  throw new UsageError(
    args.length < count ? "file is missing" : "too many files",
    {
      subject: args.length < count ? undefined : args[count],
      remedy: count === 1 ? "name one job_queue.log" : `name ${count} logs`,
    },
  );
}

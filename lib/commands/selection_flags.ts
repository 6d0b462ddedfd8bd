import { type Flags, type FlagValues, UsageError } from "./command.ts";

/** The flags by which a user names jobs. */
export const selectionFlags: Flags = {
  constraint: {
    type: "string",
    value: "EXPR",
    aliases: ["jobconstraint"],
    help: "the jobs for which this ClassAd expression is true",
  },
  ids: {
    type: "list",
    value: "ID",
    help: "the jobs with these IDs: CLUSTER or CLUSTER.PROC",
  },
};

/** The flag by which the verbs of the remote side take an export. */
export const exportFlag: Flags = {
  in: {
    type: "string",
    value: "PATH",
    help: "the folder that export --out wrote, or the bundle",
  },
};

/** The value of a flag that a verb cannot do without. */
export function requireFlag(flags: FlagValues, name: string): string {
  const value = flags.string(name);
  if (value === undefined || value === "") {
    throw new UsageError("flag is missing", {
      subject: `--${name}`,
      remedy: `write ${flags.shown(name)}`,
    });
  }
  return value;
}

/** For verbs that take flags only: a stray word is often a lost quote. */
export function rejectArguments(args: readonly string[]): void {
  if (args.length > 0) {
    throw new UsageError("unexpected argument", {
      subject: args[0],
      remedy: "quote expressions for the shell; see --help",
    });
  }
}

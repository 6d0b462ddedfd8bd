import { verifyTree } from "../lumberjack/files/bundle.ts";
import { reportTotals, requireWords, treeProgress } from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** `lumberjack bundle verify` */
export const command: Command = {
  name: "bundle verify",
  summary: "check every file of a bundle",
  usage: ["bundle verify FILE"],
  description: `
Reads the bundle from its beginning to its end and writes nothing. A folder that
holds SHA256SUMS can be named, too. Exit status 0: it is whole.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle verify returned.tar.zst",
    does: "before it is imported",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [path] = requireWords(args, ["FILE"]);
    const totals = await verifyTree(path, treeProgress(terminal));
    reportTotals("whole:", path, totals, terminal);
    return ExitStatus.done;
  },
};

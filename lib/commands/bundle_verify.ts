import { verifyTree } from "../lumberjack/files/bundle.ts";
import {
  reportTotals,
  requireWords,
  type TotalsJson,
  treeProgress,
} from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** What `--json` prints. */
export type Json = TotalsJson;

/** `lumberjack bundle verify` */
export const command: Command = {
  name: "bundle verify",
  usage: ["bundle verify FILE"],
  description: `
Reads the whole bundle and writes nothing. FILE can also be a folder with
SHA256SUMS in it. The exit status is 0 if everything is complete.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle verify returned.tar.zst",
    does: "check a bundle before you import it",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [path] = requireWords(args, ["FILE"]);
    const totals = await verifyTree(path, treeProgress(terminal));
    reportTotals("whole:", path, totals, terminal);
    return ExitStatus.done;
  },
};

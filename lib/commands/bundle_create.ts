import { createBundle } from "../lumberjack/files/bundle.ts";
import {
  reportTotals,
  requireWords,
  type TotalsJson,
  treeProgress,
} from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** What `--json` prints. */
export type Json = TotalsJson;

/** `lumberjack bundle create` */
export const command: Command = {
  name: "bundle create",
  usage: ["bundle create DIR FILE"],
  description: `
The name of FILE says how it is compressed: .tar, .tar.gz or .tar.zst. GNU tar can
read it, and sha256sum -c SHA256SUMS checks what is in it. FILE must not exist, and
it appears only when it is complete.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle create /data/out out.tar.zst",
    does: "make one file of an export, to send it",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [folder, file] = requireWords(args, ["DIR", "FILE"]);
    const totals = await createBundle(folder, file, treeProgress(terminal));
    reportTotals("made", file, totals, terminal);
    return ExitStatus.done;
  },
};

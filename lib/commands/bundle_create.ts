import { createBundle } from "../lumberjack/files/bundle.ts";
import { reportTotals, requireWords, treeProgress } from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** `lumberjack bundle create` */
export const command: Command = {
  name: "bundle create",
  summary: "make one file of a folder, with checksums",
  usage: ["bundle create DIR FILE"],
  description: `
FILE ends in .tar, .tar.gz or .tar.zst, which says how it is compressed. GNU tar
can read it, and sha256sum -c SHA256SUMS checks what it holds. FILE comes up whole
or not at all; it must not exist.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle create /data/out out.tar.zst",
    does: "an export as one file, to be sent",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [folder, file] = requireWords(args, ["DIR", "FILE"]);
    const totals = await createBundle(folder, file, treeProgress(terminal));
    reportTotals("made", file, totals, terminal);
    return ExitStatus.done;
  },
};

import { extractBundle } from "../lumberjack/files/bundle.ts";
import { reportTotals, requireWords, treeProgress } from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** `lumberjack bundle extract` */
export const command: Command = {
  name: "bundle extract",
  summary: "take a bundle apart, checking every file",
  usage: ["bundle extract FILE DIR"],
  description: `
Every file is checked against SHA256SUMS. A bundle that is damaged, was cut, or
holds links, devices or paths that lead out of DIR is refused, and nothing of it
stays. DIR is made, or has to be empty.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle extract returned.tar.zst /data/returned",
    does: "what came back, as a folder",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [file, folder] = requireWords(args, ["FILE", "DIR"]);
    const totals = await extractBundle(file, folder, treeProgress(terminal));
    reportTotals("extracted", folder, totals, terminal);
    return ExitStatus.done;
  },
};

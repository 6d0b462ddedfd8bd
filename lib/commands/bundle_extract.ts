import { extractBundle } from "../lumberjack/files/bundle.ts";
import {
  reportTotals,
  requireWords,
  type TotalsJson,
  treeProgress,
} from "./bundle.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";

/** What `--json` prints. */
export type Json = TotalsJson;

/** `lumberjack bundle extract` */
export const command: Command = {
  name: "bundle extract",
  usage: ["bundle extract FILE DIR"],
  description: `
Checks every file against SHA256SUMS. If the bundle is damaged or was cut, or if it
has links, devices or paths that lead out of DIR, it is refused, and no file of it
stays. DIR must be empty. If it does not exist, it is made.`,
  flags: {},
  examples: [{
    line: "lumberjack bundle extract returned.tar.zst /data/returned",
    does: "make a folder of what came back",
  }],
  async run({ args, terminal }: Invocation): Promise<number> {
    const [file, folder] = requireWords(args, ["FILE", "DIR"]);
    const totals = await extractBundle(file, folder, treeProgress(terminal));
    reportTotals("extracted", folder, totals, terminal);
    return ExitStatus.done;
  },
};

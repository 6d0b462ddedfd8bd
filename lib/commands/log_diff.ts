import { type AdDifference, diffTables, QueueTable } from "../queue_log/mod.ts";
import type { Terminal } from "../terminal/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { damageFlags, requireFiles, tableOptions } from "./log.ts";

/** What `--json` prints. */
export interface Json {
  /** The first log. */
  readonly before: string;
  /** The second log. */
  readonly after: string;
  /** The ads that differ. */
  readonly differences: readonly AdDifference[];
}

/** `lumberjack log diff` */
export const command: Command = {
  name: "log diff",
  usage: ["log diff A B"],
  description: `
Ads are compared by key, attributes by name, and values byte by byte. The order of
records does not matter, and neither does how often a value was written.`,
  flags: damageFlags,
  examples: [{
    line: "lumberjack log diff exported/job_queue.log returned/job_queue.log",
    does: "show what the remote schedd has changed in the jobs",
  }],
  isForOutput: true,
  run({ flags, args, terminal }: Invocation): number {
    const [before, after] = requireFiles(args, 2);
    using old = QueueTable.open(before, tableOptions(flags, before));
    using now = QueueTable.open(after, tableOptions(flags, after));
    const differences = diffTables(old, now);
    if (terminal.json) showJson(before, after, differences, terminal);
    else show(differences, terminal);
    return ExitStatus.done;
  },
};

function showJson(
  before: string,
  after: string,
  differences: Iterable<Json["differences"][number]>,
  terminal: Terminal,
): void {
  const files: Omit<Json, "differences"> = { before, after };
  const head = JSON.stringify(files).slice(1, -1);
  terminal.write(`{${head}, "differences": [`);
  let count = 0;
  for (const difference of differences) {
    terminal.write(count++ === 0 ? "\n" : ",\n");
    terminal.write(JSON.stringify(difference));
  }
  terminal.line(count === 0 ? "]}" : "\n]}");
}

function show(
  differences: Iterable<AdDifference>,
  terminal: Terminal,
): void {
  let count = 0;
  for (const difference of differences) {
    count++;
    for (const line of describe(difference)) terminal.line(line);
  }
  terminal.message(
    count === 0
      ? "no difference"
      : `${count} ad${count === 1 ? " differs" : "s differ"}`,
  );
}

/** A difference as lines of text, `+` for what is new and `-` for what is gone. */
export function describe(difference: AdDifference): string[] {
  const { key, change, type, attributes } = difference;
  const sign = { added: "+", removed: "-", changed: "~" }[change];
  const lines = [`${sign} ${key} (${type || "no type"})`];
  for (const { name, before, after } of attributes) {
    if (before === undefined) lines.push(`  + ${name} = ${after}`);
    else if (after === undefined) lines.push(`  - ${name} = ${before}`);
    else lines.push(`  ~ ${name} = ${before} -> ${after}`);
  }
  return lines;
}

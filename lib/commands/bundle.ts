import type { TreeTotals } from "../lumberjack/files/tree/checked_tree.ts";
import type { Terminal } from "../terminal/mod.ts";
import { UsageError } from "./command.ts";
import { count } from "./report.ts";

/** Returns the words of a verb on bundles; throws when there are too few or many. */
export function requireWords(
  args: readonly string[],
  names: readonly string[],
): string[] {
  if (args.length === names.length) return [...args];
  throw new UsageError(
    args.length < names.length
      ? "an argument is missing"
      : "too many arguments",
    {
      subject: args.length < names.length
        ? names[args.length]
        : args[names.length],
      remedy: `write ${names.join(" ")}`,
    },
  );
}

/** Returns a function that shows progress on a terminal. */
export function treeProgress(
  terminal: Terminal,
): ((totals: TreeTotals) => void) | undefined {
  if (!terminal.showsProgress) return undefined;
  let shown = 0;
  return ({ files, bytes }) => {
    const now = performance.now();
    if (now - shown < 100) return;
    shown = now;
    terminal.progress(`${count(files, "file")}, ${megabytes(bytes)}`);
  };
}

/** What `--json` prints of a bundle. */
export interface TotalsJson extends TreeTotals {
  /** The bundle that was written or read, or the folder that was filled. */
  readonly path: string;
}

/** Prints what a verb on bundles did: one line, or one JSON document. */
export function reportTotals(
  verb: string,
  path: string,
  totals: TreeTotals,
  terminal: Terminal,
): void {
  terminal.progress("");
  if (terminal.json) terminal.printJson<TotalsJson>({ path, ...totals });
  else {
    terminal.line(
      `${verb} ${path}: ${count(totals.files, "file")}, ${
        megabytes(totals.bytes)
      }`,
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

import { dirname, join } from "@std/path";
import type { Terminal } from "../terminal/mod.ts";
import type { FlagValues } from "./command.ts";
import { queueOutPath } from "./queue_flags.ts";

/** `1 job`, `2 jobs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** How many jobs are named one by one before the rest is summed up. */
const namedOneByOne = 20;

/** Names jobs that were left out, those with the same reason together. */
export function listSkipped(
  skipped: readonly { readonly id: string; readonly reason: string }[],
  terminal: Terminal,
): void {
  if (skipped.length === 0) return;
  terminal.message(`left out: ${skipped.length}`);
  if (skipped.length <= namedOneByOne) {
    for (const { id, reason } of skipped) {
      terminal.message(`  ${id}: ${reason}`);
    }
    return;
  }
  const groups = new Map<string, string[]>();
  for (const { id, reason } of skipped) {
    const ids = groups.get(reason) ?? [];
    ids.push(id);
    groups.set(reason, ids);
  }
  for (const [reason, ids] of groups) {
    terminal.message(
      `  ${count(ids.length, "job")}, ${listIds(ids)}: ${reason}`,
    );
  }
  terminal.message("  (--json names every job)");
}

/** A few IDs, and that there are more. */
export function listIds(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(", ");
  return ids.length > 3 ? `${shown}, ...` : shown;
}

/** Shows what is being done on a terminal, and nothing elsewhere. */
export function progressOf(terminal: Terminal): (text: string) => void {
  return (text) => terminal.progress(text);
}

/**
 * Says where the updated queue is and what to do with it. A schedd that runs on
 * the old one knows nothing of it, and could start what was exported.
 */
export function reportQueueOut(
  what: string,
  flags: FlagValues,
  terminal: Terminal,
): void {
  const queueOut = queueOutPath(flags);
  if (queueOut === undefined) return;
  const queue = flags.string("queue")!;
  terminal.message(
    `${what} is in ${queueOut}: put it in the place of ${queue} before the schedd starts`,
  );
  const address = join(dirname(queue), scheddAddressName);
  if (!exists(address)) return;
  terminal.message(
    `warning: by ${address} a schedd runs on that queue: it sees nothing of this ` +
      "and starts what it has; leave out --queue, or stop it and start again",
  );
}

/** Beside its queue log: a schedd removes it when it is stopped. */
const scheddAddressName = ".schedd_address";

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

import type { Terminal } from "../terminal/mod.ts";

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

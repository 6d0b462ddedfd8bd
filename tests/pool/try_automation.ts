/**
 * Does what a new administrator does: reads the lines of docs/automation.md, writes
 * them, types its commands, and waits until a job that left by itself is home.
 *
 *     scripts/deno task try:automation [--root trixie|sid]     (needs dist/lumberjack)
 *
 * @module
 */
import { DocumentedPool } from "./documented_pool.ts";
import { onChosenRoots } from "./try_roots.ts";
import type { Root } from "./harness/mod.ts";

async function tryAutomation(
  root: Root,
  say: (text: string) => void,
): Promise<void> {
  await using site = await DocumentedPool.start(root, say);
  const { lines } = site.documented;
  say(`docs/automation.md has ${lines.length} lines of configuration`);
  const said = await site.setUp();
  const written = await site.pool.sh(
    "grep -hv '^#' /etc/condor/config.d/*lumberjack-master.conf",
  );
  if (written.trim() !== lines.slice(-3).join("\n")) {
    throw new Error(`hooks install master wrote other lines:\n${written}`);
  }
  say("hooks install master wrote the last three lines of the page");
  const check = said.get("lumberjack sites check") ?? "";
  if (!/has lumberjack \d/.test(check)) {
    throw new Error(`sites check went not the whole way:\n${check}`);
  }
  site.startSite();
  const cluster = await site.submit();
  say(`alice submitted job ${cluster}.0, and nobody types a command`);
  const start = performance.now();
  const ad = await site.home(cluster);
  const seconds = Math.round((performance.now() - start) / 1000);
  say(
    `job ${cluster}.0 ran at ${ad.LumberjackSite} and is home after ${seconds} s`,
  );
}

if (import.meta.main) await onChosenRoots("try:automation", tryAutomation);

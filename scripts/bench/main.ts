/**
 * Runs every benchmark, one after the other: `deno task bench`. The benchmarks
 * that compare with real HTCondor need the roots of the pool tests. If the
 * roots are missing, these benchmarks fail with a message and the next one
 * runs.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";

const parts = [
  "queue_log.ts",
  "export_import.ts",
  "files.ts",
  "classad.ts",
  "live.ts",
  "cron.ts",
  "remote.ts",
];

for (const part of parts) {
  const path = fromFileUrl(new URL(part, import.meta.url));
  console.log(`--- ${part}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path, ...Deno.args],
  }).spawn().status;
  if (code !== 0) console.log(`${part} failed: exit status ${code}`);
}

import { assert, assertEquals } from "@std/assert";
import { QueueTable } from "../../lib/queue_log/mod.ts";
import { Folder, queueLog } from "../lumberjack/queue_fixture.ts";
import { lumberjack } from "./command_line.ts";

/** Runs a command on a queue log, which the command changes. */
async function onQueue(log: string, ...words: string[]) {
  const [verb, ...more] = words;
  const after = `${log}.after`;
  const { status, out, err } = await lumberjack(
    ...[verb, "--queue", log, "--queue-out", after, "--json", ...more],
  );
  if (out !== "") Deno.renameSync(after, log);
  return { status, err, report: out === "" ? undefined : JSON.parse(out) };
}

async function exported(folder: Folder, log: string, name: string) {
  const out = folder.mkdir(name);
  const words = ["--constraint", "true", "--out", out, "--remote-spool", "/s"];
  const { report } = await onQueue(log, "export", ...words);
  return { out, exportId: String(report.exports[0].exportId) };
}

/** What a pass writes into a job whose export it has sent. */
function markAsSent(log: string): void {
  Deno.writeTextFileSync(log, '103 1.0 LumberjackState "away"\n', {
    append: true,
  });
}

/** The site says that it has completed the job. */
function complete(out: string): void {
  Deno.writeTextFileSync(
    `${out}/job_queue.log`,
    "103 1.0 JobStatus 4\n103 1.0 ExitCode 0\n",
    { append: true },
  );
}

function jobOf(log: string): Record<string, string | undefined> {
  using table = QueueTable.open(log);
  const job = table.get("1.0");
  const names = ["JobStatus", "Managed", "LumberjackExportId", "ExitCode"];
  return Object.fromEntries(names.map((name) => [name, job?.text(name)]));
}

Deno.test("results of an export that was abandoned are refused, also when its job has left with another one", async () => {
  using folder = new Folder();
  const log = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  const first = await exported(folder, log, "first");
  markAsSent(log);
  const kept = await onQueue(log, "unexport", "--export-id", first.exportId);
  assertEquals(kept.status, 1);
  assert(kept.err.includes("--abandon if it never will"), kept.err);
  const { status, report } = await onQueue(
    ...[log, "unexport", "--export-id", first.exportId, "--abandon"],
  );
  assertEquals([status, report.unlocked], [0, ["1.0"]]);
  complete(first.out);
  const late = await onQueue(log, "import", "--in", first.out);
  assertEquals([late.status, late.report.merged], [4, 0]);
  assertEquals(late.report.refused.map(({ id }: { id: string }) => id), [
    "1.0",
  ]);
  const { JobStatus, Managed, ExitCode } = jobOf(log);
  assertEquals([JobStatus, Managed, ExitCode], ["1", undefined, undefined]);

  const second = await exported(folder, log, "second");
  const again = await onQueue(log, "import", "--in", first.out);
  assertEquals([again.status, again.report.merged], [4, 0]);
  const job = jobOf(log);
  assertEquals(job.LumberjackExportId, `"${second.exportId}"`);
  assertEquals([job.JobStatus, job.Managed], ["1", '"External"']);
});

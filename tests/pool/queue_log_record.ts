/**
 * Records the queue log of a real schedd, for the tests of tests/queue_log. Its
 * jobs are submitted, run, held, released and removed. Run it by hand:
 *
 *     scripts/deno run -A tests/pool/queue_log_record.ts
 *
 * @module
 */
import { Pool, roots } from "./harness/mod.ts";

const folder = new URL("../queue_log/data/", import.meta.url);

const short = `
executable = /bin/sh
arguments = "-c 'exit $(ProcId)'"
log = /tmp/job.log
queue 4
`;
const long = `
executable = /bin/sleep
arguments = 600
request_memory = 64
periodic_release = NumHolds < 3
queue 4
`;
const idle = `
executable = /bin/sleep
arguments = "$(ProcId) with ""quotes"""
environment = "A=1 B='two words'"
requirements = false
priority = 7
queue 3
`;

for (const root of roots) {
  await using pool = await Pool.start({ root, slots: 8 });
  const submit = (text: string) =>
    pool.submit(text, { user: "alice", cwd: "/tmp" });
  const run = (...command: string[]) => pool.run(command, { user: "alice" });
  await submit(idle);
  await submit(short);
  await pool.untilNone("ClusterId == 2");
  await submit(long);
  await submit(idle);
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  await run("condor_hold", "3.0");
  await run("condor_rm", "3.1", "4.0");
  await run("condor_qedit", "1.0", "JobPrio", "12");
  await submit(short);
  await run("condor_release", "3.0");
  await run("condor_rm", "1.2");
  await pool.untilNone("ClusterId == 5");
  await submit(idle);
  await run("condor_rm", "6.1");
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const log = await pool.machine.read(`${pool.spool}/job_queue.log`);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL(`journal-${root}.log`, folder), log);
  console.log(root, log.length, await pool.queue().then((ads) => ads.length));
}

import { assert, assertEquals } from "@std/assert";
import { readEvents } from "../../lib/user_log/mod.ts";
import {
  type ExportReport,
  type ImportReport,
  Pool,
  poolTest,
  type Root,
} from "./harness/mod.ts";

const alice = { user: "alice" };
const log = "/home/alice/events";
const back = "/var/tmp/back";

/**
 * Writes what comes back from a remote schedd when all these jobs have
 * completed.
 */
async function returned(
  pool: Pool,
  out: string,
  exportId: string,
  jobs: readonly string[],
): Promise<void> {
  await pool.sh(`mkdir -p ${back}; cp -a ${out}/. ${back}/`);
  const now = Math.floor(Date.now() / 1000);
  const text = await pool.machine.read(`${out}/job_queue.log`);
  const results = jobs.map((id) =>
    [
      ...["JobStatus 4", "ExitCode 0", "ExitBySignal false"],
      ...[`CompletionDate ${now}`, `EnteredCurrentStatus ${now}`],
      ...["NumJobStarts 1", `JobStartDate ${now}`, "LastJobStatus 2"],
    ].map((change) => `103 ${id} ${change}\n`).join("")
  ).join("");
  await pool.machine.write(`${back}/job_queue.log`, text + results);
  const utc = new Date(now * 1000).toISOString();
  const time = `${utc.slice(0, 10)} ${utc.slice(11, 19)}Z`;
  for (const id of jobs) {
    const [cluster, proc] = id.split(".");
    await pool.machine.write(
      `${back}/lumberjack/${exportId}/logs/${id}.log`,
      `001 (${cluster}.${proc}.000) ${time} Job executing on host: <1.2.3.4>\n...\n`,
    );
  }
}

async function ends(pool: Pool): Promise<Map<string, number[]>> {
  const events = readEvents(await pool.machine.readBytes(log));
  const found = new Map<string, number[]>();
  for (const { isTerminal, cluster, proc, number } of events) {
    const id = `${cluster}.${proc}`;
    if (isTerminal) found.set(id, [...found.get(id) ?? [], number]);
  }
  return found;
}

async function endsOnce(root: Root, lines: string): Promise<void> {
  await using pool = await Pool.start({ root, slots: 0 });
  const [cluster] = await pool.submit(
    `executable = /bin/true\nlog = ${log}\n${lines}queue 12\n`,
    alice,
  );
  const ids = Array.from({ length: 12 }, (_, proc) => `${cluster}.${proc}`);
  const [removed, held, gone] = ids;
  const out = "/var/tmp/out";
  await pool.sh(`mkdir ${out}`);
  const { exports: [{ exportId }] } = await pool.lumberjackJson<ExportReport>([
    ...["export", "--ids", String(cluster), "--stage"],
    ...["--out", out, "--remote-spool", "/var/tmp/spool"],
  ]);
  await pool.run(["condor_rm", removed, gone], alice);
  await pool.run(["condor_hold", held], alice);
  // One job was lost at the remote site.
  await returned(pool, out, exportId, ids.filter((id) => id !== gone));
  // Kill the import again and again, a little later each time.
  const importing = ["import", "--in", back, "--json"];
  for (let delay = 150; delay <= 1400; delay += 90) {
    await pool.try([
      ...["timeout", "--signal=KILL", String(delay / 1000)],
      ...["lumberjack", ...importing],
    ]);
    const before = await ends(pool);
    const away = new Set(
      (await pool.queue('Managed =?= "External"')).map((ad) =>
        `${ad.ClusterId}.${ad.ProcId}`
      ),
    );
    // A job that is unlocked, or has left the queue, must have its terminal
    // event in the log.
    for (const id of ids) {
      if (away.has(id) || [removed, gone].includes(id)) continue;
      assertEquals(before.get(id), [5], `${id} after ${delay} ms`);
    }
  }
  const { refused, missing } = await pool.lumberjackJson<ImportReport>(
    importing.slice(0, 3),
  );
  assertEquals([refused, missing], [[], []]);
  await pool.run(["condor_release", held], alice);
  await pool.untilNone("true");
  const after = await ends(pool);
  for (const id of ids) {
    const end = id === removed || id === gone ? [9] : [5];
    assertEquals(after.get(id), end, id);
  }
  const check = await pool.lumberjack(["events", "check", log, "--json"]);
  assertEquals([check.code, JSON.parse(check.stdout).ended], [0, 12]);
  const waited = await pool.try(["condor_wait", "-wait", "5", log], alice);
  assert(waited.code === 0, waited.stdout);
}

poolTest(
  "on 23.9, each job that comes home gets one terminal event in its log before it is unlocked, even if imports are killed",
  () => endsOnce("trixie", ""),
);
poolTest(
  "on 25, each job that comes home gets one terminal event in its JSON log before it is unlocked, even if imports are killed",
  () => endsOnce("sid", "+UserLogUseXML = 2\n"),
);

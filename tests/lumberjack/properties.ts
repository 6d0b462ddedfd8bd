/**
 * Round trips with random queues, random results of the remote site and random
 * damage. Some properties must hold in all of them. To run more of them:
 *
 *     deno task fuzz:lumberjack --seed 1 --count 10000
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  exportJobs,
  type ExportResult,
} from "../../lib/lumberjack/export/export.ts";
import { QueueLogError, verify } from "../../lib/queue_log/mod.ts";
import { LumberjackError } from "../../lib/lumberjack/error.ts";
import { FileJobQueue } from "../../lib/lumberjack/queue/file/job_queue.ts";
import { importJobs } from "../../lib/lumberjack/import/import.ts";
import { Selection } from "../../lib/lumberjack/job/selection.ts";
import { randomNumbers } from "../../scripts/bench/make_log.ts";
import {
  adsOf,
  type Attributes,
  type ClusterFixture,
  Folder,
  queueLog,
  returnedLog,
} from "./queue_fixture.ts";

type Random = () => number;

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)];
}

function randomQueue(random: Random): ClusterFixture[] {
  return Array.from({ length: 1 + Math.floor(random() * 5) }, (_, i) => ({
    cluster: i + 1 + Math.floor(random() * 2) * 10000,
    attributes: {
      Owner: pick(random, ['"alice"', '"bob"']),
      JobUniverse: pick(random, ["5", "5", "5", "7"]),
    },
    procs: Array.from({ length: Math.floor(random() * 5) }, () => ({
      JobStatus: pick(random, ["1", "1", "1", "2", "5", "4", "3"]),
      ...pick<Attributes>(random, [
        {},
        {},
        { Iwd: '"/home/x"' },
        { Managed: '"External"', ManagedManager: '"Other"' },
        { StageInStart: "17" },
        { Args: '"a \\"b\\" Ünïcode"' },
      ]),
    })),
  }));
}

/**
 * Returns changes that an honest or a hostile remote site may make to a job.
 */
function randomChange(random: Random): Attributes {
  return pick<Attributes>(random, [
    {},
    { JobStatus: "4", ExitCode: "0", ExitBySignal: "false" },
    { JobStatus: "2", RemoteHost: '"slot1@x"', ClaimId: '"secret"' },
    { JobStatus: "5", HoldReason: '"disk full"', HoldReasonCode: "12" },
    { JobStatus: "3", RemoveReason: '"policy"' },
    { JobStatus: "4", Cmd: '"/bin/evil"', PeriodicRemove: "true" },
    { JobStatus: "99" },
    { JobStatus: '"4"' },
    { GlobalJobId: '"other#1.0#1"', JobStatus: "4" },
    { LumberjackExportId: '"20200101T000000Z-00000000"', JobStatus: "4" },
    { JobStatus: "4", ExitCode: "size(Cmd)" },
  ]);
}

const untouchable = ["Cmd", "Iwd", "Owner", "JobUniverse", "PeriodicRemove"];

/** Runs `count` random round trips from `seed`. Throws at the first failure. */
export async function checkProperties(
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  for (let round = 0; round < count; round++) {
    try {
      await roundTrip(randomNumbers(seed * 1_000_003 + round));
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
  }
}

async function roundTrip(random: Random): Promise<void> {
  using folder = new Folder();
  const bytes = queueLog(randomQueue(random));
  const damaged = random() < 0.3;
  if (damaged) damage(random, bytes);
  const path = folder.write("queue.log", bytes);
  folder.mkdir("out");
  const result = await exportOrRefuse(folder, path);
  if (result === undefined) {
    assert(damaged, "a queue was refused although it is not damaged");
    return;
  }
  const { exports, skipped } = result;
  const before = adsOf(path);
  const jobs = Object.keys(before).filter((key) => /^[1-9]\d*\.\d+$/.test(key));
  if (exports.length === 0) {
    assertEquals(skipped.length, jobs.length);
    assertEquals(folder.list(), ["out/", "queue.log"]);
    return;
  }
  const away = adsOf(folder.join("away.log"));
  const gone = new Set<string>();
  for (const { out, exportId } of exports) {
    const exported = adsOf(`${out}/job_queue.log`);
    for (const key of jobs.filter((key) => key in exported)) {
      assert(!gone.has(key), `${key} is in two exports`);
      gone.add(key);
      // Damage may have put a job's attribute into the cluster ad.
      const cluster = before[`0${key.split(".")[0]}.-1`];
      assertEquals(before[key].JobStatus ?? cluster.JobStatus, "1");
      assertEquals(away[key].LumberjackExportId, `"${exportId}"`);
      assertEquals(exported[key].Managed, undefined);
    }
  }
  assertEquals(gone.size + skipped.length, jobs.length);
  for (const key of jobs.filter((key) => !gone.has(key))) {
    assertEquals(away[key], before[key]);
  }
  await comeHome(random, folder, exports[0].out, before, away);
}

/**
 * Exports all jobs. Returns undefined if the export was refused and left no
 * file.
 */
async function exportOrRefuse(
  folder: Folder,
  path: string,
): Promise<ExportResult | undefined> {
  let queue: FileJobQueue | undefined;
  try {
    queue = FileJobQueue.open(path, { queueOut: folder.join("away.log") });
    const result = await exportJobs(queue, {
      selection: new Selection({ constraint: "true" }),
      out: folder.join("out"),
      remoteSpool: "/spool",
    });
    for (const { out } of result.exports) {
      assertEquals(verify(`${out}/job_queue.log`).problems, []);
    }
    return result;
  } catch (error) {
    const known = error instanceof LumberjackError ||
      error instanceof QueueLogError;
    if (!known) throw error;
    const left = folder.list().filter((name) => !name.endsWith("/"));
    assertEquals(left, ["queue.log"]);
    return undefined;
  } finally {
    await queue?.close();
  }
}

async function comeHome(
  random: Random,
  folder: Folder,
  out: string,
  before: Record<string, Record<string, string>>,
  away: Record<string, Record<string, string>>,
): Promise<void> {
  const exported = `${out}/job_queue.log`;
  const travelled = Object.keys(adsOf(exported)).filter((key) =>
    /^[1-9]\d*\.\d+$/.test(key)
  );
  const changes = Object.fromEntries(
    travelled.map((key) => [key, randomChange(random)]),
  );
  const bytes = returnedLog(exported, changes);
  const damaged = random() < 0.4;
  if (damaged) damage(random, bytes);
  const cut = random() < 0.2
    ? bytes.slice(0, Math.floor(random() * bytes.length))
    : bytes;
  const path = folder.write("returned.log", cut);
  const queue = FileJobQueue.open(folder.join("away.log"), {
    queueOut: folder.join("home.log"),
    replace: true,
  });
  try {
    const result = await importJobs(queue, { in: path });
    assert(result.merged + result.released <= result.jobs);
  } catch (error) {
    // The log is unusable: the import refuses all of it and writes no queue.
    if (!(error instanceof LumberjackError)) throw error;
    assert(!folder.list().includes("home.log"));
    return;
  } finally {
    await queue.close();
  }
  const home = adsOf(folder.join("home.log"));
  assertEquals(Object.keys(home).sort(), Object.keys(away).sort());
  for (const [key, ad] of Object.entries(home)) {
    for (const name of untouchable) {
      assertEquals(ad[name], before[key][name], `${key} ${name}`);
    }
    if (!travelled.includes(key)) assertEquals(ad, away[key]);
    // A job is still locked, or at home with a status that it can have there.
    if (ad.Managed !== '"External"' && travelled.includes(key)) {
      assert(["1", "3", "4", "5"].includes(ad.JobStatus), ad.JobStatus);
      assertEquals(ad.RemoteHost ?? ad.ClaimId, undefined);
    }
  }
}

/** Changes some bytes to random values. */
function damage(random: Random, bytes: Uint8Array): void {
  const count = 1 + Math.floor(random() * 3);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = Math.floor(random() * 256);
  }
}

if (import.meta.main) {
  const { parseArgs } = await import("@std/cli/parse-args");
  const flags = parseArgs(Deno.args, {
    string: ["seed", "count"],
    default: { seed: "1", count: "1000" },
  }) as { seed: string; count: string };
  const [seed, count] = [Number(flags.seed), Number(flags.count)];
  await checkProperties({ seed, count });
  console.log(`seed ${seed}: ${count} round trips, no property broken`);
}

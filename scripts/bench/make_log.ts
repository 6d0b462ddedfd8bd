/**
 * Makes the queue log that the benchmarks read. By default it has 200 000 jobs
 * in 20 000 clusters, which are about 6.8 million records and 240 MB. It looks
 * like the log of a schedd that has not rotated it for a while: each cluster is
 * submitted in one transaction, then the jobs start and end, interleaved. The
 * same seed gives the same bytes.
 *
 *     scripts/deno run -A scripts/bench/make_log.ts FILE [--jobs N]
 *       [--per-cluster N] [--seed N] [--completed | --idle]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";

/** What log to make. */
export interface BenchLogOptions {
  /** The number of jobs. */
  readonly jobs?: number;
  /** The number of jobs in each cluster. */
  readonly perCluster?: number;
  /** The seed of the random numbers. The same seed gives the same bytes. */
  readonly seed?: number;
  /** If set, every job completes. Otherwise one job in ten still runs. */
  readonly completed?: boolean;
  /**
   * If set, every job was evicted and is idle again, so that it can be
   * exported.
   */
  readonly idle?: boolean;
  /** The owners of the clusters, in turn. */
  readonly owners?: readonly string[];
}

/** The size of the log that was made. */
export interface BenchLogSize {
  readonly bytes: number;
  readonly records: number;
  readonly jobs: number;
  readonly clusters: number;
}

const START = 1_700_000_000;
const FLUSH_AT = 1 << 20;

/**
 * Returns a small random number generator (mulberry32). The same seed gives the
 * same numbers.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class LogFile {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  #pending: string[] = [];
  #length = 0;
  bytes = 0;
  records = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
  }

  add(lines: readonly string[]): void {
    const text = lines.join("\n") + "\n";
    this.#pending.push(text);
    this.#length += text.length;
    this.records += lines.length;
    if (this.#length >= FLUSH_AT) this.#flush();
  }

  close(): void {
    this.#flush();
    this.#file.close();
  }

  #flush(): void {
    const bytes = this.#encoder.encode(this.#pending.join(""));
    this.#pending = [];
    this.#length = 0;
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
  }
}

/** Writes the log to `path`. */
export function makeLog(
  path: string,
  options: BenchLogOptions = {},
): BenchLogSize {
  const jobs = options.jobs ?? 200_000;
  const perCluster = options.perCluster ?? 10;
  const clusters = Math.ceil(jobs / perCluster);
  const random = randomNumbers(options.seed ?? 1);
  const owners = options.owners ?? ["alice", "bob", "carol"];
  const file = new LogFile(path);
  file.add([
    `107 7 CreationTimestamp ${START}`,
    "101 0.0 Job Machine",
    `103 0.0 NextClusterNum ${clusters + 1}`,
    "101 0.1 Owner (empty)",
    '103 0.1 User "alice@pool.example.org"',
  ]);
  let left = jobs;
  for (let cluster = 1; cluster <= clusters; cluster++) {
    const procs = Math.min(perCluster, left);
    left -= procs;
    file.add(
      submission(cluster, owners[cluster % owners.length], procs, random),
    );
  }
  // Jobs start and end in mixed order, in groups: the updates of a job stand
  // far from its submission, between updates of other jobs.
  for (const id of shuffledInBunches(jobs, random)) {
    file.add(start(id, perCluster, random));
  }
  for (const id of shuffledInBunches(jobs, random)) {
    if (options.idle) {
      file.add(eviction(id, perCluster, random));
    } else if (options.completed || random() < 0.9) {
      file.add(completion(id, perCluster, random));
    }
  }
  file.close();
  return { bytes: file.bytes, records: file.records, jobs, clusters };
}

function* shuffledInBunches(
  jobs: number,
  random: () => number,
): Iterable<number> {
  const bunch = 2000;
  for (let from = 0; from < jobs; from += bunch) {
    const ids = Array.from(
      { length: Math.min(bunch, jobs - from) },
      (_, i) => from + i,
    );
    for (let i = ids.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [ids[i], ids[j]] = [ids[j], ids[i]];
    }
    yield* ids;
  }
}

function submission(
  cluster: number,
  owner: string,
  procs: number,
  random: () => number,
): string[] {
  const time = START + cluster * 3;
  const lines = ["105 ", `101 0${cluster}.-1 Job Machine`];
  for (const [name, value] of clusterAttributes(owner, cluster, time)) {
    lines.push(`103 0${cluster}.-1 ${name} ${value}`);
  }
  for (let proc = 0; proc < procs; proc++) {
    const key = `${cluster}.${proc}`;
    lines.push(
      `101 ${key} Job Machine`,
      `103 ${key} ProcId ${proc}`,
      `103 ${key} JobStatus 1`,
      `103 ${key} Args "--input data/part-${proc}.dat --output result-${proc}.root --seed ${
        Math.floor(random() * 1e6)
      }"`,
      `103 ${key} Out "/home/${owner}/analysis/set${
        cluster % 97
      }/out/job.${key}.out"`,
      `103 ${key} Err "/home/${owner}/analysis/set${
        cluster % 97
      }/out/job.${key}.err"`,
      `103 ${key} GlobalJobId "submit-node-1.cluster.example.org#${key}#${time}"`,
      `103 ${key} EnteredCurrentStatus ${time}`,
    );
  }
  lines.push("106 ");
  return lines;
}

function start(id: number, perCluster: number, random: () => number): string[] {
  const key = keyOf(id, perCluster);
  const time = START + 100_000 + id;
  const slot = Math.floor(random() * 64) + 1;
  return [
    "105 ",
    `103 ${key} JobStatus 2`,
    `103 ${key} ShadowBday ${time}`,
    `103 ${key} JobStartDate ${time}`,
    `103 ${key} JobCurrentStartDate ${time}`,
    `103 ${key} RemoteHost "slot1_${slot}@worker-node-${
      id % 400
    }.cluster.example.org"`,
    `103 ${key} EnteredCurrentStatus ${time}`,
    `103 ${key} ImageSize ${Math.floor(random() * 4_000_000)}`,
    `103 ${key} MemoryUsage ${Math.floor(random() * 4000)}`,
    "106 ",
  ];
}

function completion(
  id: number,
  perCluster: number,
  random: () => number,
): string[] {
  const key = keyOf(id, perCluster);
  const time = START + 300_000 + id;
  return [
    "105 ",
    `103 ${key} JobStatus 4`,
    `103 ${key} ExitCode ${random() < 0.05 ? 1 : 0}`,
    `103 ${key} ExitBySignal false`,
    `103 ${key} CompletionDate ${time}`,
    `103 ${key} RemoteWallClockTime ${Math.floor(random() * 40000)}.0`,
    `103 ${key} RemoteUserCpu ${Math.floor(random() * 40000)}.0`,
    `103 ${key} EnteredCurrentStatus ${time}`,
    `104 ${key} RemoteHost`,
    "106 ",
  ];
}

function eviction(
  id: number,
  perCluster: number,
  random: () => number,
): string[] {
  const key = keyOf(id, perCluster);
  const time = START + 300_000 + id;
  return [
    "105 ",
    `103 ${key} JobStatus 1`,
    `103 ${key} LastJobStatus 2`,
    `103 ${key} LastVacateTime ${time}`,
    `103 ${key} RemoteWallClockTime ${Math.floor(random() * 40000)}.0`,
    `103 ${key} RemoteUserCpu ${Math.floor(random() * 40000)}.0`,
    `103 ${key} EnteredCurrentStatus ${time}`,
    `104 ${key} RemoteHost`,
    `104 ${key} ShadowBday`,
    "106 ",
  ];
}

function keyOf(id: number, perCluster: number): string {
  return `${Math.floor(id / perCluster) + 1}.${id % perCluster}`;
}

function clusterAttributes(
  owner: string,
  cluster: number,
  time: number,
): [string, string][] {
  return [
    ["In", '"/dev/null"'],
    ["Cmd", `"/home/${owner}/analysis/run.sh"`],
    ["Iwd", `"/home/${owner}/analysis/set${cluster % 97}"`],
    ["Rank", "0.0"],
    ["User", `"${owner}@pool.example.org"`],
    ["Owner", `"${owner}"`],
    ["QDate", String(time)],
    ["MyType", '"Job"'],
    ["JobPrio", String(cluster % 5)],
    ["UserLog", `"/home/${owner}/analysis/job.log"`],
    ["MaxHosts", "1"],
    ["MinHosts", "1"],
    ["NumCkpts", "0"],
    ["ClusterId", String(cluster)],
    ["DiskUsage", "150"],
    ["ImageSize", "150"],
    ["StreamErr", "false"],
    ["StreamOut", "false"],
    ["ExitStatus", "0"],
    ["TargetType", '"Machine"'],
    ["TransferIn", "false"],
    ["Environment", '"HOME=/tmp MODE=batch"'],
    ["JobUniverse", "5"],
    ["NumRestarts", "0"],
    ["RequestCpus", "1"],
    ["RequestDisk", "DiskUsage"],
    ["CurrentHosts", "0"],
    ["ExitBySignal", "false"],
    ["NumCkpts_RAW", "0"],
    ["NumJobStarts", "0"],
    ["RemoteSysCpu", "0.0"],
    [
      "Requirements",
      '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && (TARGET.HasFileTransfer)',
    ],
    ["CommittedTime", "0"],
    [
      "CondorVersion",
      '"$CondorVersion: 23.9.6 2024-08-01 PackageID: 23.9.6-1 $"',
    ],
    ["DESIRED_Sites", '"T3_US_A,T2_US_X"'],
    ["DiskUsage_RAW", "128"],
    ["ImageSize_RAW", "127"],
    ["JobSubmitFile", '"job.sub"'],
    ["RemoteUserCpu", "0.0"],
    [
      "RequestMemory",
      "ifthenelse(MemoryUsage =!= undefined,MemoryUsage,(ImageSize + 1023) / 1024)",
    ],
    ["TransferInput", '"part.dat,common.tar.gz"'],
    ["CondorPlatform", '"$CondorPlatform: X86_64-Debian_13 $"'],
    ["ExecutableSize", "150"],
    ["NumSystemHolds", "0"],
    ["JobNotification", "0"],
    ["JobSubmitMethod", "0"],
    ["JobLeaseDuration", "2400"],
    ["TotalSubmitProcs", "10"],
    ["TotalSuspensions", "0"],
    ["CommittedSlotTime", "0"],
    ["NumJobCompletions", "0"],
    ["CumulativeSlotTime", "0"],
    ["ExecutableSize_RAW", "127"],
    ["LastSuspensionTime", "0"],
    ["RemoteWallClockTime", "0.0"],
    ["ShouldTransferFiles", '"YES"'],
    ["TransferInputSizeMB", "0"],
    ["WhenToTransferOutput", '"ON_EXIT"'],
    ["CumulativeRemoteSysCpu", "0.0"],
    ["CommittedSuspensionTime", "0"],
    ["CumulativeRemoteUserCpu", "0.0"],
    ["CumulativeSuspensionTime", "0"],
    ["LeaveJobInQueue", "false"],
    ["PeriodicRemove", "false"],
    ["PeriodicHold", "NumJobStarts > 10"],
    ["PeriodicRelease", "false"],
    ["OnExitHold", "false"],
    ["OnExitRemove", "true"],
  ];
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    boolean: ["completed", "idle"],
    string: ["jobs", "per-cluster", "seed"],
  }) as {
    _: (string | number)[];
    completed: boolean;
    idle: boolean;
    jobs?: string;
    "per-cluster"?: string;
    seed?: string;
  };
  const path = flags._[0];
  if (path === undefined) {
    console.error("usage: make_log.ts FILE [--jobs N] [--per-cluster N]");
    Deno.exit(2);
  }
  const made = makeLog(String(path), {
    jobs: flags.jobs ? Number(flags.jobs) : undefined,
    perCluster: flags["per-cluster"] ? Number(flags["per-cluster"]) : undefined,
    seed: flags.seed ? Number(flags.seed) : undefined,
    completed: flags.completed,
    idle: flags.idle,
  });
  console.log(JSON.stringify(made));
}

import { assertEquals, assertThrows } from "@std/assert";
import { allocationOf } from "../../../lib/lumberjack/remote/allocation.ts";
import { addressOf } from "../../../lib/lumberjack/remote/interface.ts";
import {
  batchLimits,
  pbsLimits,
} from "../../../lib/lumberjack/remote/time_left.ts";
import { Folder } from "../queue_fixture.ts";

/** Returns the allocation on a machine with 64 cores and these files. */
function allocation(
  files: Record<string, string>,
  env: Record<string, string> = {},
) {
  using folder = new Folder();
  for (const [path, text] of Object.entries(files)) {
    const at = path.lastIndexOf("/");
    Deno.mkdirSync(folder.join(path.slice(0, at)), { recursive: true });
    folder.write(path, `${text}\n`);
  }
  return allocationOf({
    env: { get: (name) => env[name] },
    root: folder.path,
    cores: 64,
  });
}

Deno.test("only cores on which the kernel may run this process count", () => {
  const status = "Name:\tsh\nCpus_allowed_list:\t0-3,8\nMems_allowed_list:\t0";
  assertEquals(allocation({ "proc/self/status": status }).cpus, 5);
  assertEquals(allocation({}), { cpus: 64, memory: undefined, gpus: [] });
});

Deno.test("limits of the process's control group, and of the groups above it, count", () => {
  const second = {
    "proc/self/cgroup": "0::/slurm/job1/step0",
    "sys/fs/cgroup/slurm/job1/step0/cpu.max": "max 100000",
    "sys/fs/cgroup/slurm/job1/cpu.max": "650000 100000",
    "sys/fs/cgroup/slurm/job1/memory.max": String(8 * 2 ** 30),
    "sys/fs/cgroup/slurm/memory.max": "max",
  };
  assertEquals(allocation(second), { cpus: 6, memory: 8192, gpus: [] });
  const first = {
    "proc/self/cgroup": "9:memory:/pbs/7\n4:cpu,cpuacct:/pbs/7\n1:name=x:/",
    "sys/fs/cgroup/cpu,cpuacct/pbs/7/cpu.cfs_quota_us": "400000",
    "sys/fs/cgroup/cpu,cpuacct/pbs/7/cpu.cfs_period_us": "100000",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
    "sys/fs/cgroup/memory/pbs/7/memory.limit_in_bytes": String(2 ** 31),
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
  };
  assertEquals(allocation(first), { cpus: 4, memory: 2048, gpus: [] });
});

Deno.test("the batch system's cores and memory count if they are fewer", () => {
  const slurm = { SLURM_JOB_ID: "7", SLURM_CPUS_ON_NODE: "16" };
  const of = (env: Record<string, string>) => {
    const { cpus, memory } = allocation({}, env);
    return [cpus, memory];
  };
  assertEquals(of({ ...slurm, SLURM_MEM_PER_NODE: "4000" }), [16, 4000]);
  assertEquals(of({ ...slurm, SLURM_MEM_PER_CPU: "1000" }), [16, 16_000]);
  assertEquals(of({ ...slurm, SLURM_MEM_PER_NODE: "0" }), [16, undefined]);
  assertEquals(of({ PBS_JOBID: "7.pbs", NCPUS: "8" }), [8, undefined]);
  assertEquals(of({ PBS_JOBID: "7.pbs", PBS_NUM_PPN: "128" }), [64, undefined]);
  // Outside of a batch job, a variable that is left over in a shell is ignored.
  assertEquals(of({ NCPUS: "2" }), [64, undefined]);
});

Deno.test("only GPUs that this process can see count", () => {
  const of = (env: Record<string, string>) => allocation({}, env).gpus;
  assertEquals(of({ CUDA_VISIBLE_DEVICES: "0,2" }), ["0", "2"]);
  assertEquals(of({ CUDA_VISIBLE_DEVICES: "GPU-1a2b" }), ["GPU-1a2b"]);
  assertEquals(of({ CUDA_VISIBLE_DEVICES: "1,-1,2" }), ["1"]);
  assertEquals(of({ CUDA_VISIBLE_DEVICES: "", SLURM_JOB_GPUS: "3" }), []);
  assertEquals(of({ SLURM_JOB_GPUS: "0-1,3" }), ["0", "1", "3"]);
  assertEquals(of({ SLURM_STEP_GPUS: "2", SLURM_JOB_GPUS: "2,3" }), ["2"]);
});

Deno.test("Slurm says when the allocation ends, by a variable or by scontrol", async () => {
  const asked: string[] = [];
  const end = async (env: Record<string, string>, said?: string) =>
    (await batchLimits({ get: (name) => env[name] }, (program, args) => {
      asked.push([program, ...args].join(" "));
      return Promise.resolve(said);
    })).end;
  assertEquals(await end({ SLURM_JOB_END_TIME: "1700000000" }), 1_700_000_000);
  assertEquals(await end({ SLURM_JOB_END_TIME: "soon" }), undefined);
  assertEquals(await end({}), undefined);
  assertEquals(asked, []);
  const line = "JobId=7 StartTime=2026-11-30T08:00:00 EndTime=";
  const time = "2026-11-30T10:00:00";
  const job = { SLURM_JOB_ID: "7" };
  assertEquals(
    await end(job, `${line}${time} Deadline=N/A`),
    new Date(time).getTime() / 1000,
  );
  assertEquals(await end(job, `${line}Unknown`), undefined);
  assertEquals(await end(job, undefined), undefined);
  assertEquals(asked[0], "scontrol show job -o 7");
  assertEquals(await end({ SLURM_JOB_ID: "7; rm" }, line), undefined);
});

Deno.test("PBS says what is left of the walltime, and the memory of each node", () => {
  const openPbs = `Job Id: 7.pbs
    Job_Name = lumberjack
    resources_used.walltime = 00:10:00
    Resource_List.mem = 64gb
    Resource_List.nodect = 2
    Resource_List.select = 2:ncpus=8:mem=32gb:
\tngpus=1
    Resource_List.walltime = 02:00:00
`;
  assertEquals(pbsLimits(openPbs, 1000), { end: 7600, memory: 32_768 });
  const torque = "Job Id: 7\n    Walltime.Remaining = 300\n" +
    "    Resource_List.walltime = 01:00:00\n";
  assertEquals(pbsLimits(torque, 1000).end, 1300);
  assertEquals(pbsLimits("qstat: Unknown Job Id", 1000).end, undefined);
});

Deno.test("an interface is given by name or address, and the error for a wrong one lists all interfaces", () => {
  const all = [
    { name: "lo", address: "127.0.0.1", family: "IPv4" as const },
    { name: "ib0", address: "10.1.2.3", family: "IPv4" as const },
    { name: "ib0", address: "fe80::1", family: "IPv6" as const },
  ];
  assertEquals(addressOf("ib0", all), "10.1.2.3");
  assertEquals(addressOf("10.1.2.3", all), "10.1.2.3");
  const error = assertThrows(() => addressOf("eth0", all), Error);
  assertEquals(
    (error as { remedy?: string }).remedy,
    "write one of lo (127.0.0.1), ib0 (10.1.2.3) after --interface",
  );
});

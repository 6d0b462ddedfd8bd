import { assertEquals } from "@std/assert";
import { ClassAd } from "../../../lib/classad/mod.ts";
import { UnmatchedJobs } from "../../../lib/lumberjack/remote/unmatched.ts";
import { type Attributes, Folder, queueLog } from "../queue_fixture.ts";

/** A slot as HTCondor publishes it, with the START of pool_config.ts. */
function slot(...more: string[]): ClassAd {
  return ClassAd.parseLong([
    ...["LastStart = 1", "JobsEnd = 1", "Memory = 1024", "Cpus = 1"],
    "Start = time() < LastStart && time() + (TARGET.AllowedJobDuration ?: " +
    "(60 * TARGET.RunMinutes) ?: (60 * TARGET.MaxWallTimeMins) ?: 0) <= JobsEnd",
    "WithinResourceLimits = MY.Cpus > 0 && TARGET.RequestCpus <= MY.Cpus",
    "Requirements = Start && WithinResourceLimits",
    ...more,
  ].join("\n"));
}

/** Looks at these jobs while nothing runs. Returns the notes and the end. */
async function standstill(
  jobs: readonly Attributes[],
  { seconds, slots = [slot()] }: { seconds: number; slots?: ClassAd[] },
) {
  using folder = new Folder();
  const requirements = { Requirements: "TARGET.Memory >= RequestMemory" };
  const attributes = { RequestMemory: "16", RequestCpus: "1", ...requirements };
  folder.write(
    "job_queue.log",
    queueLog([{ cluster: 1, attributes, procs: jobs }]),
  );
  const now = Date.now() / 1000;
  const notes: string[] = [];
  const asked: number[] = [];
  const unmatched = new UnmatchedJobs({
    spool: folder.path,
    slots: () => {
      asked.push(1);
      return Promise.resolve(slots);
    },
    times: { lastStart: now + seconds, end: now + seconds },
    timeAttribute: "RunMinutes",
    ...{ wait: 0, quiet: 0, signal: new AbortController().signal },
    note: (text) => notes.push(text),
  });
  await unmatched.finish();
  const idle = jobs.filter(({ JobStatus = "1" }) => JobStatus === "1").length;
  const end = async (running: number) => {
    unmatched.standstill({ idle, running }, 7);
    await unmatched.finish();
    const found = unmatched.standstill({ idle, running }, 7);
    await unmatched.finish();
    return found;
  };
  const whileOneRuns = await end(1);
  return { whileOneRuns, end: await end(0), notes };
}

Deno.test("a run has no time left when every job that waits says that it runs too long", async () => {
  const long = { AllowedJobDuration: "600" };
  const minutes = { MaxWallTimeMins: "10" };
  const own = { runminutes: "10" };
  const all = await standstill([long, minutes, own], { seconds: 300 });
  assertEquals([all.whileOneRuns, all.end], [undefined, "no time"]);
  assertEquals(all.notes, [
    "3 idle jobs match no slot (START of the machine (the job runs too long)): the first is 1.0",
  ]);
  assertEquals((await standstill([long], { seconds: 900 })).end, undefined);
  // One job of a cluster may run longer than another.
  const short = { RunMinutes: "1" };
  assertEquals(
    (await standstill([own, short], { seconds: 300 })).end,
    undefined,
  );
  // A job that does not say how long it runs can start until the margin begins.
  assertEquals((await standstill([long, {}], { seconds: 300 })).end, undefined);
});

Deno.test("jobs that are too large or too long together end a run, a job on hold that may be released does not", async () => {
  const long = { AllowedJobDuration: "600" };
  const large = { RequestMemory: "9999" };
  const wide = { RequestCpus: "8" };
  const { end, notes } = await standstill([long, large, wide], {
    seconds: 300,
  });
  assertEquals(end, "no slot");
  assertEquals(notes, [
    "1 idle jobs match no slot (START of the machine (the job runs too long)): the first is 1.0",
    "1 idle jobs match no slot (TARGET.Memory >= RequestMemory): the first is 1.1",
    "1 idle jobs match no slot (the slot has fewer cores, memory, disk or GPUs than the job requests): the first is 1.2",
  ]);
  const held = { JobStatus: "5", HoldReasonCode: "1" };
  const late = { seconds: 300 };
  assertEquals((await standstill([long, held], late)).end, "no time");
  const released = { ...held, PeriodicRelease: "NumHolds < 9" };
  assertEquals((await standstill([long, released], late)).end, undefined);
});

Deno.test("a job that is too large only while others run is not said to match no slot", async () => {
  const busy = slot("TotalSlotCpus = 4").set("Cpus", 0n);
  const wide = { RequestCpus: "4" };
  const { end, notes } = await standstill([wide], {
    seconds: 300,
    slots: [busy],
  });
  assertEquals([end, notes], [undefined, []]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import { exportJobs } from "../../../lib/lumberjack/export/export.ts";
import { recover } from "../../../lib/lumberjack/export/recover.ts";
import type {
  FilePlacement,
  Placed,
  Staging,
} from "../../../lib/lumberjack/export/staging.ts";
import {
  readManifest,
  updateManifest,
} from "../../../lib/lumberjack/export_dir/manifest.ts";
import type { AdChange } from "../../../lib/lumberjack/job/change.ts";
import { formatJobId } from "../../../lib/lumberjack/job/id.ts";
import { Selection } from "../../../lib/lumberjack/job/selection.ts";
import { FileJobQueue } from "../../../lib/lumberjack/queue/file/job_queue.ts";
import { adsOf, Folder, markPlanned, queueLog } from "../queue_fixture.ts";

const unchanged: AdChange = { set: [], remove: [] };

/** Records the calls that it gets, and gives the answers that a test chose. */
class FakeStaging implements Staging {
  readonly attributes = ["NeedsFile"];
  readonly calls: string[] = [];
  readonly #answers: Partial<FilePlacement>;
  #refusedEarly: string | undefined;

  constructor(answers: Partial<FilePlacement> = {}, refusedEarly?: string) {
    this.#answers = answers;
    this.#refusedEarly = refusedEarly;
  }

  reasonToStay(job: { cluster: number; proc: number }) {
    const reason = formatJobId(job) === this.#refusedEarly
      ? "in.txt: no such file"
      : undefined;
    return Promise.resolve(reason);
  }

  begin({ manifest }: Parameters<Staging["begin"]>[0]) {
    this.calls.push(`begin ${manifest.owner}`);
    return Promise.resolve<FilePlacement>({
      placeCluster: () => Promise.resolve(unchanged),
      place: (job) => {
        this.calls.push(`place ${formatJobId(job)}`);
        return Promise.resolve<Placed>({ change: unchanged });
      },
      finish: ({ jobs, sha256 }) => {
        this.calls.push(`finish ${jobs} jobs, ${sha256.length} digits`);
        return Promise.resolve();
      },
      ...this.#answers,
    });
  }

  abandon({ manifest }: Parameters<Staging["abandon"]>[0]) {
    this.calls.push(`abandon ${manifest.owner}`);
    return Promise.resolve();
  }
}

function refusing(...ids: readonly string[]): Partial<FilePlacement> {
  return {
    place: (job) =>
      Promise.resolve<Placed>(
        ids.includes(formatJobId(job))
          ? { reasonToStay: "in.txt: vanished" }
          : { change: unchanged },
      ),
  };
}

async function exportStaged(
  folder: Folder,
  staging: Staging,
  clusters = [{ cluster: 1, procs: [{}, {}, {}] }],
) {
  const path = folder.write("queue.log", queueLog(clusters));
  const out = folder.mkdir("out");
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  try {
    return await exportJobs(queue, {
      selection: new Selection({ constraint: "true" }),
      out,
      remoteSpool: "/spool",
      staging,
    });
  } finally {
    await queue.close();
  }
}

function lockedIn(path: string): string[] {
  return Object.entries(adsOf(path))
    .filter(([, ad]) => ad.Managed !== undefined).map(([key]) => key);
}

Deno.test("staging places the files of each job before the log gets its final name", async () => {
  using folder = new Folder();
  let logExists = true;
  const staging = new FakeStaging({
    finish: () => {
      logExists = folder.list("out").includes("out/job_queue.log");
      return Promise.resolve();
    },
  });
  await exportStaged(folder, staging);
  assertEquals(staging.calls, [
    "begin alice",
    "place 1.0",
    "place 1.1",
    "place 1.2",
  ]);
  assertEquals(logExists, false);
  assertEquals(folder.list("out"), ["out/job_queue.log", "out/manifest.json"]);
});

Deno.test("staging learns the number of jobs and the log's checksum when it has to make files durable", async () => {
  using folder = new Folder();
  const staging = new FakeStaging();
  await exportStaged(folder, staging);
  assertEquals(staging.calls.at(-1), "finish 3 jobs, 64 digits");
});

Deno.test("a job whose files cannot be placed is unlocked and left out", async () => {
  using folder = new Folder();
  const staging = new FakeStaging(refusing("1.0", "1.2"));
  const { exports, skipped } = await exportStaged(folder, staging);
  assertEquals(exports.map(({ jobs }) => jobs), [1]);
  assertEquals(skipped, [
    { id: "1.0", reason: "in.txt: vanished" },
    { id: "1.2", reason: "in.txt: vanished" },
  ]);
  assertEquals(readManifest(folder.join("out"))?.skipped, skipped);
  assertEquals(lockedIn(folder.join("after.log")), ["1.1"]);
  const away = Object.keys(adsOf(folder.join("out/job_queue.log")));
  assertEquals(away, ["0.0", "01.-1", "1.1"]);
  assertEquals(adsOf(folder.join("after.log"))["1.0"], {
    ProcId: "0",
    JobStatus: "1",
    GlobalJobId: '"test#1.0#1700000000"',
  });
});

Deno.test("a cluster of which no job leaves is not in the exported log", async () => {
  using folder = new Folder();
  const staging = new FakeStaging(refusing("1.0"));
  const { exports } = await exportStaged(folder, staging, [
    { cluster: 1, procs: [{}] },
    { cluster: 2, procs: [{}] },
  ]);
  assertEquals(exports[0].clusters, [2]);
  const away = Object.keys(adsOf(folder.join("out/job_queue.log")));
  assertEquals(away, ["0.0", "02.-1", "2.0"]);
});

Deno.test("if no job's files can be placed, no job stays locked and no file stays", async () => {
  using folder = new Folder();
  const staging = new FakeStaging(refusing("1.0", "1.1", "1.2"));
  const { exports, skipped } = await exportStaged(folder, staging);
  assertEquals([exports.length, skipped.length], [0, 3]);
  assertEquals(lockedIn(folder.join("after.log")), []);
  assertEquals(folder.list("out"), []);
  assertEquals(staging.calls.at(-1), "abandon alice");
});

Deno.test("a job whose files are already missing at the start is never locked", async () => {
  using folder = new Folder();
  const staging = new FakeStaging({}, "1.1");
  const { skipped } = await exportStaged(folder, staging);
  assertEquals(skipped, [{ id: "1.1", reason: "in.txt: no such file" }]);
  assertEquals(staging.calls.filter((call) => call.startsWith("place")), [
    "place 1.0",
    "place 1.2",
  ]);
});

Deno.test("staging changes the ads in the exported log, but not the ads in the queue", async () => {
  using folder = new Folder();
  const staging = new FakeStaging({
    placeCluster: () =>
      Promise.resolve({
        set: [{ name: "cmd", value: '"/spool/sh"' }],
        remove: ["user"],
      }),
    place: ({ proc }) =>
      Promise.resolve({
        change: {
          set: [
            { name: "In", value: `"/spool/in${proc}"` },
            // A lock must not travel, even if staging asks for it.
            { name: "managed", value: '"External"' },
            ...(proc === 1 ? [{ name: "Iwd", value: '"/shared"' }] : []),
          ],
          remove: ["GlobalJobId"],
        },
      }),
  });
  await exportStaged(folder, staging);
  const away = adsOf(folder.join("out/job_queue.log"));
  assertEquals(away["01.-1"].cmd, '"/spool/sh"');
  assertEquals(away["01.-1"].Cmd, undefined);
  assertEquals(away["01.-1"].User, undefined);
  assertEquals(away["1.0"].In, '"/spool/in0"');
  assertEquals(away["1.0"].GlobalJobId, undefined);
  assertEquals(away["1.0"].managed, undefined);
  assertEquals(away["1.0"].Iwd, '"/spool/1/0/cluster1.proc0.subproc0"');
  assertEquals(away["1.1"].Iwd, '"/shared"');
  const home = adsOf(folder.join("after.log"));
  assertEquals(home["01.-1"].Cmd, '"/bin/sh"');
  assertEquals(home["1.0"].In, undefined);
});

Deno.test("if staging sets a value that is not an expression, the export is undone", async () => {
  using folder = new Folder();
  const staging = new FakeStaging({
    place: () =>
      Promise.resolve({
        change: { set: [{ name: "Rank", value: "1 +" }], remove: [] },
      }),
  });
  await assertRejects(
    () => exportStaged(folder, staging),
    LumberjackError,
    "no expression",
  );
  assertEquals(folder.list("out"), []);
  assertEquals(staging.calls.at(-1), "abandon alice");
});

Deno.test("when one owner's files fail, the other owners' files are removed too", async () => {
  using folder = new Folder();
  const staging = new FakeStaging({
    place: ({ cluster }) => {
      if (cluster === 2) throw new LumberjackError("no space left");
      return Promise.resolve({ change: unchanged });
    },
  });
  const path = folder.write(
    "queue.log",
    queueLog([
      { cluster: 1, procs: [{}] },
      { cluster: 2, attributes: { Owner: '"bob"' }, procs: [{}] },
    ]),
  );
  const queue = FileJobQueue.open(path, { queueOut: folder.join("after.log") });
  await assertRejects(() =>
    exportJobs(queue, {
      selection: new Selection({ constraint: "true" }),
      out: folder.mkdir("out"),
      remoteSpool: "/spool",
      staging,
    }), LumberjackError);
  await queue.close();
  assertEquals(
    staging.calls.filter((call) => call.startsWith("abandon")),
    ["abandon bob", "abandon alice"],
  );
  assertEquals(folder.list("out"), []);
});

Deno.test("recover stages the files of an interrupted export again", async () => {
  using folder = new Folder();
  const { exports: [{ exportId }] } = await exportStaged(
    folder,
    new FakeStaging(),
  );
  const out = folder.join("out");
  Deno.removeSync(`${out}/job_queue.log`);
  updateManifest(out, exportId, { state: "planned", sha256: null });
  markPlanned(folder.join("after.log"), "1.0", exportId);
  const queue = FileJobQueue.open(folder.join("after.log"), {
    queueOut: folder.join("recovered.log"),
  });
  const staging = new FakeStaging(refusing("1.0"));
  const [{ action }] = await recover(queue, { staging: () => staging });
  await queue.close();
  assertEquals(action, "written");
  const away = Object.keys(adsOf(`${out}/job_queue.log`));
  assertEquals(away, ["0.0", "01.-1", "1.1", "1.2"]);
  assertEquals(lockedIn(folder.join("recovered.log")), ["1.1", "1.2"]);
});

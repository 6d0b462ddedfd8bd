import { assert, assertEquals } from "@std/assert";
import type {
  Allocation,
  BatchSystem,
} from "../../../../lib/lumberjack/remote/batch/batch_system.ts";
import { machineData } from "../../../../lib/lumberjack/remote/batch/machine_data.ts";
import type { Prepared } from "../../../../lib/lumberjack/remote/batch/prepare.ts";
import { propose } from "../../../../lib/lumberjack/remote/batch/proposal.ts";
import { submit } from "../../../../lib/lumberjack/remote/batch/submit.ts";
import { slurm } from "../../../../lib/lumberjack/remote/batch/slurm.ts";

/** A batch system that keeps what it gets. */
class Kept {
  readonly allocations: Allocation[] = [];
  readonly scripts: { text: string; after: string | undefined }[] = [];

  get system(): BatchSystem {
    return {
      ...slurm,
      ask: () => Promise.resolve([...this.allocations]),
      submit: (script, after) => {
        this.scripts.push({ text: Deno.readTextFileSync(script), after });
        const id = String(this.scripts.length);
        this.allocations.push({ id, state: "queued", detail: "" });
        return Promise.resolve(id);
      },
    };
  }
}

function prepared(
  system: BatchSystem,
  spool: string,
  more: Partial<Prepared> = {},
): Prepared {
  const machine = machineData(new Map());
  const proposal = propose(
    [{ jobs: 1, cpus: 1, memory: 0, gpus: 0, seconds: 60 }],
    {
      ...{ cpus: 1, memory: undefined, gpus: 0, maxNodes: 1 },
      ...{ maxWalltime: 3600, jobTime: 60 },
    },
  );
  return {
    exportId: "20261128T074041Z-2b2755af",
    ...{ system, left: 1, proposal, node: undefined, script: "#!/bin/sh\n" },
    request: {
      exportId: "20261128T074041Z-2b2755af",
      name: "lj-2b2755af",
      ...{ nodes: 1, walltime: 600, in: "/x", image: "/y", machine },
      ...{ spool, results: `${spool}/results` },
    },
    ...more,
  };
}

Deno.test("never more allocations are queued than the limit, and each waits for the one before", async () => {
  const spool = Deno.makeTempDirSync();
  try {
    const kept = new Kept();
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      ids.push((await submit(prepared(kept.system, spool), 2)).id);
    }
    assertEquals(ids, ["1", "2", undefined, undefined]);
    assertEquals(kept.scripts.map(({ after }) => after), [undefined, "1"]);
    assertEquals(kept.scripts[0].text, "#!/bin/sh\n");
    // When the first runs, one more may wait.
    kept.allocations[0] = { id: "1", state: "running", detail: "" };
    assertEquals((await submit(prepared(kept.system, spool), 2)).id, "3");
  } finally {
    Deno.removeSync(spool, { recursive: true });
  }
});

Deno.test("nothing is submitted when no job is left, and when none would fit", async () => {
  const spool = Deno.makeTempDirSync();
  try {
    const kept = new Kept();
    const none = { ...prepared(kept.system, spool).proposal, jobs: 0 };
    const ended = await submit(prepared(kept.system, spool, { left: 0 }), 1);
    const misfit = await submit(
      prepared(kept.system, spool, { proposal: none }),
      1,
    );
    assertEquals([ended.id, misfit.id], [undefined, undefined]);
    assertEquals(ended.reason, "every job has ended");
    assert(misfit.reason?.includes("no job fits"), misfit.reason);
    assertEquals(kept.scripts, []);
  } finally {
    Deno.removeSync(spool, { recursive: true });
  }
});

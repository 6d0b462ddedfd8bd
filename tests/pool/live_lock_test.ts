import { assertEquals } from "@std/assert";
import { jobKeys, readPlainAds } from "./harness/queue_text.ts";
import { type ExportReport, Pool, poolTest, type Root } from "./harness/mod.ts";
import type { Meddling } from "./live_lock.ts";

const out = "/var/tmp/out";

interface Outcome {
  readonly report: ExportReport;
  /** The jobs in the exported log. */
  readonly away: string[];
  /** The jobs that are locked in the schedd. */
  readonly locked: string[];
}

/** Exports ten idle jobs, `1.0` to `1.9`, while somebody changes them. */
async function exportMeddled(
  root: Root,
  source: "log" | "query",
  meddling: Meddling,
): Promise<Outcome> {
  await using pool = await Pool.start({ root, slots: 0 });
  await pool.submit(
    // Lumberjack must not ask for an attribute with $$(): the schedd would try to
    // expand it and hold the job.
    "executable = /bin/true\narguments = $$(NoSuchAttribute)\n" +
      'My.Batch = "a"\nqueue 10\n',
    { user: "alice" },
  );
  await pool.sh(`mkdir ${out}; chown alice ${out}`);
  const said = await pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    "/lumberjack/tests/pool/live_lock.ts",
    ...[
      source,
      'Batch == "a" && Owner == "alice" && JobStatus == 1 // his',
      out,
    ],
    JSON.stringify(meddling),
  ], { user: source === "log" ? "root" : "alice" });
  const locked = await pool.queue('Managed == "External"');
  const log = await pool.try(["cat", `${out}/job_queue.log`]);
  return {
    report: JSON.parse(said),
    away: log.code === 0 ? jobKeys(readPlainAds(log.stdout)).sort() : [],
    locked: locked.map((ad) => `${ad.ClusterId}.${ad.ProcId}`).sort(),
  };
}

for (
  const [root, source] of [
    ["trixie", "log"],
    ["trixie", "query"],
    ["sid", "log"],
    ["sid", "query"],
  ] as const
) {
  poolTest(
    `on ${root}, with the queue read by ${source}, a job that changed before its lock is checked again`,
    async () => {
      const { report, away, locked } = await exportMeddled(root, source, {
        "locking 10 jobs": `
          condor_qedit 1.0 Batch '"b"'
          condor_hold 1.1
          condor_rm 1.2
          condor_qedit 1.3 Managed '"External"'
          condor_qedit 1.4 Batch '"a"'
          condor_qedit 1.5 Iwd '"nowhere"'
        `,
        "writing the jobs":
          "condor_rm 1.7; condor_rm -forcex 1.7; condor_hold 1.8; condor_rm 1.9",
      });
      assertEquals(report.skipped, [
        {
          id: "1.0",
          reason: "edited while the export began: it does not match any more",
        },
        { id: "1.1", reason: "changed since the export began: held, not idle" },
        { id: "1.2", reason: "left the queue while the export began" },
        {
          id: "1.3",
          reason: "changed since the export began: externally managed",
        },
        {
          id: "1.5",
          reason: "changed since the export began: no absolute Iwd",
        },
        { id: "1.7", reason: "left the queue since it was locked" },
        { id: "1.8", reason: "held, since it was locked" },
        { id: "1.9", reason: "removed, since it was locked" },
      ]);
      assertEquals(away, ["1.4", "1.6"]);
      assertEquals(locked, ["1.3", ...away]);
      assertEquals(report.exports.map(({ jobs }) => jobs), [2]);
    },
  );
}

poolTest(
  "if all jobs are held before the log is written, the export leaves no file and no lock",
  async () => {
    const { report, away, locked } = await exportMeddled("sid", "log", {
      "writing the jobs": "condor_hold 1",
    });
    assertEquals([report.exports, away, locked], [[], [], []]);
    assertEquals(report.skipped.length, 10);
  },
);

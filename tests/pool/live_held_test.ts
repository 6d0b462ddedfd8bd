import { assertEquals } from "@std/assert";
import {
  exportAll,
  type ImportReport,
  Pool,
  poolTest,
  type Root,
} from "./harness/mod.ts";

/**
 * Each job writes a line if it runs here. At the remote site all exited with 9.
 */
const description = `
executable = /bin/sh
arguments = "-c 'echo $(Process) >>/home/alice/ran'"
should_transfer_files = no
queue 9
`;

/** Jobs that are held before the import. */
const heldAtFirst = ["1.0", "1.2", "1.3", "1.5"];
/** Jobs that are held and released during the import. */
const heldLater = "1.1", releasedLater = "1.2";
/** A job that comes home unfinished, and one that comes home removed. */
const unfinished = "1.3", removed = "1.5";
/**
 * A job that was removed and then held there, and one that only claims to be
 * removed.
 */
const removedThenHeld = "1.6", saysRemoved = "1.7";
/** A job that was removed here and does not come back. */
const removedHere = "1.8";

async function heldWhileAway(
  root: Root,
  user: "root" | "alice",
): Promise<void> {
  await using pool = await Pool.start({
    root,
    config: "START = False\nPERIODIC_EXPR_INTERVAL = 3600",
  });
  await pool.submit(description, { user: "alice" });
  const log = await exportAll(pool, user);
  await pool.sh(
    `sed -i -e 's/^\\(103 1\\.[01234]\\) JobStatus .*/\\1 JobStatus 4\\n\\1 ExitCode 9/' ${log}
     echo '103 ${unfinished} JobStatus 2' >>${log}
     echo '103 ${unfinished} NumJobStarts 3' >>${log}
     echo '103 ${unfinished} HoldReason "away"' >>${log}
     echo '103 ${removed} JobStatus 3' >>${log}
     echo '103 ${removedThenHeld} JobStatus 5' >>${log}
     echo '103 ${removedThenHeld} JobStatusOnRelease 3' >>${log}
     echo '102 ${removedHere}' >>${log}
     for id in ${removedThenHeld} ${saysRemoved}; do
       echo "103 $id LastJobStatus 3" >>${log}
     done`,
  );
  await pool.run(["condor_hold", ...heldAtFirst], { user: "alice" });
  await pool.run(["condor_rm", removedHere], { user: "alice" });
  const said = await pool.deno([
    ...["run", "-A", "--config", "/lumberjack/deno.json"],
    ...["/lumberjack/tests/pool/live_held.ts", log, heldLater, releasedLater],
  ], { user });
  const { merged, released, heldEnded, refused }: ImportReport = JSON.parse(
    said,
  );
  // The report shows the jobs as they were when the import read the queue.
  assertEquals([merged, released, heldEnded], [4, 5, 3]);
  assertEquals(refused, [{
    id: saysRemoved,
    attribute: "LastJobStatus",
    reason: "of a removed job, which this is not",
  }]);

  const states = Object.fromEntries(
    (await pool.queue()).map((ad) => [
      `${ad.ClusterId}.${ad.ProcId}`,
      [ad.JobStatus, ad.JobStatusOnRelease, ad.ExitCode, ad.Managed],
    ]),
  );
  const [{ NumJobStarts, HoldReason, LastJobStatus }] = await pool.queue(
    "ProcId == 3",
  );
  assertEquals([NumJobStarts, LastJobStatus], [3, 1]);
  assertEquals(HoldReason, "via condor_hold (by user alice)");
  const waits = [5, 4, 9, undefined];
  assertEquals(states, {
    "1.0": waits,
    "1.1": waits,
    "1.2": [4, undefined, 9, undefined],
    "1.3": [5, undefined, 9, undefined],
    "1.4": [4, undefined, 9, undefined],
    "1.5": [5, 3, undefined, undefined],
    "1.6": [5, 3, undefined, undefined],
    "1.7": [1, undefined, undefined, undefined],
    "1.8": [3, undefined, undefined, undefined],
  });

  await pool.configure("START = True\nPERIODIC_EXPR_INTERVAL = 1");
  await pool.run(["condor_reconfig"], { user: "root" });
  await pool.run(["condor_release", "1.0", "1.1", "1.3", "1.5", "1.6"], {
    user: "alice",
  });
  await pool.untilNone("true");
  const exits = Object.fromEntries(
    (await pool.history()).map((ad) => [
      `${ad.ClusterId}.${ad.ProcId}`,
      [ad.JobStatus, ad.ExitCode],
    ]),
  );
  assertEquals(exits, {
    "1.0": [4, 9],
    "1.1": [4, 9],
    "1.2": [4, 9],
    "1.3": [4, 0],
    "1.4": [4, 9],
    "1.5": [3, undefined],
    "1.6": [3, undefined],
    "1.7": [4, 0],
    "1.8": [3, undefined],
  });
  const ran = await pool.machine.read("/home/alice/ran");
  assertEquals(ran.split("\n").sort(), ["", "3", "7"]);
}

poolTest(
  "on trixie, a job that was held here and has ended there does not run again when it is released",
  () => heldWhileAway("trixie", "root"),
);

poolTest(
  "on sid, a job that was held here and has ended there does not run again when its owner has imported and released it",
  () => heldWhileAway("sid", "alice"),
);

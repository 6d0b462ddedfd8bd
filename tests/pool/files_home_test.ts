import { assert, assertEquals } from "@std/assert";
import {
  type ExportReport,
  type ImportReport,
  Pool,
  poolTest,
  remoteSpool,
  type Root,
  roots,
} from "./harness/mod.ts";
import { type FilesCase, homeOf, submitCases } from "./job_files.ts";
import { type HistoryAd, historyAds, unexplained } from "./history_ads.ts";
import { fileCases } from "./job_files_cases.ts";

/**
 * Returns whether the job can leave, and whether its files can be compared
 * then.
 */
function mayLeave({ inPlace, title }: FilesCase): boolean {
  return !inPlace && !title.includes("not UTF-8") &&
    // The job's input or output is a file:// URL on the execute machine.
    !title.includes("URL") && title !== "an output destination" &&
    // At home HTCondor holds this job. At the remote site the circle is not
    // visible.
    title !== "remaps in a circle";
}

/** `deno task history` compares the history ads of all jobs, and prints them. */
const comparesAll = Deno.env.get("LUMBERJACK_TEST_HISTORY") === "all";

const ended = "JobStatus == 4 || JobStatus == 5";
const config = "DELEGATE_JOB_GSI_CREDENTIALS = False\n" +
  "VALID_SPOOL_FILES = lumberjack, manifest.json, SHA256SUMS\n";

/**
 * Fetches outputs from SPOOL, then lists the types and modes, and the digests, of
 * files at home by their paths.
 */
async function homes(
  pool: Pool,
  cases: readonly FilesCase[],
  clusters: readonly number[],
): Promise<string[]> {
  const script = ["cd /"];
  for (const [number, { spooled }] of cases.entries()) {
    if (spooled) {
      script.push(`condor_transfer_data ${clusters[number]} >/dev/null || :`);
    }
  }
  for (const number of cases.keys()) {
    const folders = `${homeOf(number)} /var/tmp/files/abs/${number}`;
    script.push(
      `for f in ${folders}; do [ -e $f ] || continue`,
      `find $f -printf '%y %m %p\\n'`,
      "find $f -type f -exec md5sum {} +; done",
      "echo ----",
    );
  }
  const text = await pool.sh(script.join("\n"), {
    user: "alice",
    timeout: 360,
  });
  return text.split("----\n").slice(0, cases.length).map(withoutHost);
}

/**
 * Removes expected differences from a listing: the digests of files that name
 * the machine or folder where the job ran, and a folder that HTCondor makes
 * because it takes a backslash for a separator.
 */
function withoutHost(listing: string): string {
  const hosts =
    /[0-9a-f]{32}(?=.*(\/environment|_manifest\/\w+|\/m\/\w+|\/starter)$)/;
  return listing.trim().split("\n")
    .filter((line) => !line.endsWith("sub\\q"))
    .map((line) => line.replace(hosts, "?"))
    .sort((a, b) => sortKey(a) < sortKey(b) ? -1 : 1).join("\n");
}

function sortKey(line: string): string {
  return line.slice(line.indexOf("/")) + " " + line;
}

/** Returns the cluster and the hold reason of each held job. */
async function heldOf(pool: Pool): Promise<Map<number, string>> {
  const text = await pool.sh(
    "condor_q -all -const 'JobStatus == 5' -af ClusterId HoldReason",
  );
  return new Map(
    text.trim().split("\n").filter((line) => line !== "").map((line) => {
      const [cluster, ...reason] = line.split(" ");
      return [Number(cluster), reason.join(" ")];
    }),
  );
}

/** Runs all cases in a pool without Lumberjack. */
async function runAtHome(
  root: Root,
  cases: readonly FilesCase[],
): Promise<{
  homes: string[];
  held: Set<number>;
  history: Map<number, HistoryAd>;
}> {
  await using pool = await Pool.start({ root, slots: 12, config });
  const clusters = await submitCases(pool, cases);
  await pool.untilNone(
    `!(${ended}) || (JobStatus == 5 && HoldReasonCode == 16)`,
    120,
  );
  const held = await heldOf(pool);
  return {
    homes: await homes(pool, cases, clusters),
    history: await historyAds(pool, clusters),
    held: new Set(
      [...clusters.entries()].filter(([, cluster]) => held.has(cluster))
        .map(([number]) => number),
    ),
  };
}

async function copy(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", {
    args: ["-a", `${from}/.`, to],
  }).output();
  assert(success);
}

/**
 * Runs an export on a machine without the original files, and copies it back.
 */
async function runAway(home: Pool, remote: Root): Promise<void> {
  await using away = await Pool.start({
    ...{ root: remote, user: "alice", slots: 12, start: false, config },
  });
  await away.machine.sh(
    "mkdir -p -m 777 /var/tmp/files /var/tmp/files/{seen,left,abs}\n" +
      "mkdir -m 777 $(seq -f /var/tmp/files/abs/%g 0 99)",
  );
  await copy(home.machine.path("/var/tmp/out"), away.machine.path(away.spool));
  await away.machine.run(["chown", "-R", "alice", away.spool]);
  await away.startDaemons();
  await away.untilNone(`!(${ended})`, 120);
  await away.stopSchedd();
  await home.machine.sh("mkdir /var/tmp/returned");
  const returned = home.machine.path("/var/tmp/returned");
  await copy(away.machine.path(away.spool), returned);
}

async function roundTrip(
  root: Root,
  context: Deno.TestContext,
): Promise<void> {
  const cases = fileCases.filter(mayLeave);
  const local = await runAtHome(root, cases);
  await using pool = await Pool.start({ root, slots: 0, config });
  const clusters = await submitCases(pool, cases);
  await pool.sh("mkdir /var/tmp/out");
  await pool.untilNone("JobStatus == 5 && HoldReasonCode == 16");
  const { skipped } = await pool.lumberjackJson<ExportReport>([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out"],
    ...["--remote-spool", remoteSpool("alice"), "--stage"],
  ], { status: 4 });
  await runAway(pool, root);
  const report = await pool.lumberjackJson<ImportReport>(
    ["import", "--in", "/var/tmp/returned"],
  );
  const stayed = new Set(skipped.map(({ id }) => Number(id.split(".")[0])));
  assertEquals(report.refused, []);
  const held = await heldOf(pool);
  const back = await homes(pool, cases, clusters);
  const history = await historyAds(pool, clusters);
  const failed: string[] = [];
  const differences: string[] = [];
  let compared = 0;
  for (const [number, entry] of cases.entries()) {
    if (stayed.has(clusters[number])) continue;
    const passed = await context.step(entry.title, () => {
      assertEquals(
        held.has(clusters[number]),
        local.held.has(number),
        held.get(clusters[number]),
      );
      assertEquals(back[number], local.homes[number]);
      const here = local.history.get(number), away = history.get(number);
      assertEquals(away === undefined, here === undefined);
      // On HTCondor 25, the table of differences was tried with these jobs.
      const isTried = comparesAll || root === "trixie" || number % 9 === 0;
      if (here && away && isTried) {
        compared++;
        differences.push(...unexplained(here, away));
      }
    });
    if (!passed) failed.push(entry.title);
  }
  assertEquals(failed, []);
  if (comparesAll) {
    const lines = [`history ads compared: ${compared}`, ...differences];
    console.log(lines.join("\n"));
  }
  // What an import loses, it loses in many jobs. In one or two of them chance makes
  // a difference: a busy machine starts a job twice, say.
  const often = [...Map.groupBy(differences, (text) => text.split(":")[0])]
    .filter(([, of]) => of.length > 2).map(([, of]) => of.slice(0, 3));
  assertEquals(often, []);
}

for (const root of roots) {
  poolTest(
    `on ${root}, a job that ran at the remote site leaves the same files and the same history ad at home as a job that ran here`,
    (context) => roundTrip(root, context),
  );
}

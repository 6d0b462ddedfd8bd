import { assert, assertEquals } from "@std/assert";
import { ClassAd } from "../../lib/classad/mod.ts";
import { jobInputs } from "../../lib/lumberjack/files/inputs.ts";
import type { FilesContext } from "../../lib/lumberjack/files/policy.ts";
import { jobOutputs } from "../../lib/lumberjack/files/outputs.ts";
import { Pool, poolTest, type Root } from "./harness/mod.ts";
import { type FilesRun, type Listing, runFileCases } from "./job_files.ts";
import { fileCases } from "./job_files_cases.ts";
import {
  expectedAfterFetching,
  expectedAtHome,
  expectedSandbox,
  inputsSeen,
  unknown,
} from "./job_files_prediction.ts";

function sorted(listing: Listing): [string, string][] {
  return [...listing].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** Replaces unknown digests in `expected` by the actual ones. */
function completed(expected: Map<string, string>, actual: Listing): Listing {
  for (const [path, digest] of expected) {
    if (digest === unknown) expected.set(path, actual.get(path) ?? unknown);
  }
  return expected;
}

/** Checks that HTCondor did with one job's files what we expected. */
function check(run: FilesRun, context: FilesContext): void {
  const { entry, ad } = run;
  const held = ad.evaluate("JobStatus") === 5n;
  const expectedToHold = entry.held === true || entry.held === context.release;
  assertEquals(held, expectedToHold, String(ad.evaluate("HoldReason")));
  const saw = run.seen.size > 0;
  assert(saw || held);
  if (saw && !entry.inPlace) {
    assertEquals(
      sorted(inputsSeen(run)),
      sorted(expectedSandbox(run, context)),
    );
  }
  const expected = saw ? expectedAtHome(run, context) : new Map();
  const came = new Map(run.came);
  // The user log of a spooled job is in SPOOL until the job is fetched.
  for (const { path } of jobOutputs(ad, context).logs) came.delete(path);
  assertEquals(sorted(came), sorted(completed(expected, came)));
  if (entry.spooled) {
    assertEquals(sorted(run.fetched), sorted(expectedAfterFetching(run)));
  }
}

/**
 * How images are submitted, and the input that jobInputs() must return for
 * them.
 */
const images: readonly [submit: string, image: string][] = [
  ["container_image = d/x.sif", "image /home/alice/image/d/x.sif"],
  ["container_image = d/", "image /home/alice/image/d/"],
  [
    "container_image = d/x.sif\ntransfer_container = false",
    "image /home/alice/image/d/x.sif stays",
  ],
  ["container_image = docker://debian", "image docker://debian stays"],
  ["container_image = osdf:///x/y.sif", "image osdf:///x/y.sif"],
  ["docker_image = debian", ""],
];

/** Checks jobInputs() against the ads that condor_submit would send. */
async function checkImages(pool: Pool, context: FilesContext): Promise<void> {
  await pool.sh("mkdir -p image/d; cp /bin/true image; touch image/d/x.sif", {
    user: "alice",
  });
  for (const [submit, image] of images) {
    await pool.machine.write(
      "/home/alice/image/submit",
      `universe = container\nexecutable = true\nlog = log\n${submit}\nqueue\n`
        .replace(
          "universe = container",
          submit.startsWith("docker_") ? "universe = docker" : "",
        ),
    );
    await pool.sh("condor_submit -dry-run ad submit", {
      user: "alice",
      cwd: "/home/alice/image",
    });
    const text = await pool.machine.read("/home/alice/image/ad");
    const ad = ClassAd.parseLong(text.replace(/^\s*#.*$/gm, ""));
    const found = jobInputs(ad, context).inputs
      .filter(({ kind }) => kind !== "executable" && kind !== "checkpoint")
      .map(({ kind, path, travels }) =>
        `${kind} ${path}${travels ? "" : " stays"}`
      );
    assertEquals(found.join("; "), image, `${submit}: ${text}`);
  }
}

async function compare(
  root: Root,
  release: "23.9" | "25",
  context: Deno.TestContext,
): Promise<void> {
  await using pool = await Pool.start({
    root,
    slots: 12,
    config: "DELEGATE_JOB_GSI_CREDENTIALS = False\n",
  });
  const runs = await runFileCases(pool, fileCases);
  const failed: string[] = [];
  for (const run of runs) {
    const passed = await context.step(
      run.entry.title,
      () => check(run, { release, spool: pool.spool }),
    );
    if (!passed) failed.push(run.entry.title);
  }
  assertEquals(failed, []);
  await checkImages(pool, { release, spool: pool.spool });
}

poolTest(
  "jobInputs() and jobOutputs() correctly predict what HTCondor 23.9 does with files",
  (context) => compare("trixie", "23.9", context),
);

poolTest(
  "jobInputs() and jobOutputs() correctly predict what HTCondor 25 does with files",
  (context) => compare("sid", "25", context),
);

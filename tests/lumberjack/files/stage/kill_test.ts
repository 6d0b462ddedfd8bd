import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { recover } from "../../../../lib/lumberjack/export/recover.ts";
import { verifyTree } from "../../../../lib/lumberjack/files/bundle.ts";
import { FileStaging } from "../../../../lib/lumberjack/files/stage/file_staging.ts";
import { optionsOf } from "../../../../lib/lumberjack/files/stage/stage_options.ts";
import { FileJobQueue } from "../../../../lib/lumberjack/queue/file/job_queue.ts";
import { StagedHome } from "./staged_export.ts";

const cli = fromFileUrl(new URL("../../../../cli.ts", import.meta.url));

/** Starts an export and kills it, as kill -9 does, when a file is there. */
async function killedAt(
  home: StagedHome,
  way: readonly string[],
  isThere: () => boolean,
): Promise<void> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", cli, "export", "--constraint", "true"],
      ...["--remote-spool", "/spool", ...way],
      ...["--queue", home.folder.join("queue.log")],
      ...["--queue-out", home.folder.join("after.log")],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const ended = process.status.then(() => hasEnded = true);
  while (!hasEnded && !isThere()) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  try {
    process.kill("SIGKILL");
  } catch {
    // The export has ended by now.
  }
  await ended;
}

/** The paths below the home that end like this. */
function has(home: StagedHome, pattern: RegExp): boolean {
  return home.folder.list().some((path) => pattern.test(path));
}

const steps: Readonly<Record<string, RegExp>> = {
  "the manifest": /manifest\.json$/,
  "the locks": /after\.log$/,
  "the first file": /inputs\/1\/$/,
  "the tenth file": /inputs\/10\/$/,
  "the checksums": /SHA256SUMS$/,
  "the log": /out.*\/job_queue\.log$/,
};

for (const [step, pattern] of Object.entries(steps)) {
  Deno.test(`a staged export that is killed after ${step} can be finished`, async () => {
    using home = new StagedHome();
    home.write("run");
    const names = Array.from({ length: 30 }, (_, at) => `in.${at}`);
    for (const name of names) home.write(name, name.repeat(50_000));
    home.queue({
      attributes: { TransferInput: `"${names}"` },
      procs: Array(20).fill({}),
    });
    const way = ["--stage", "--out", home.out];
    await killedAt(home, way, () => has(home, pattern));
    // Before the locks are on the disk nothing has happened.
    if (!has(home, /after\.log$/)) return;
    const queue = FileJobQueue.open(home.folder.join("after.log"), {
      queueOut: home.folder.join("recovered.log"),
    });
    const [{ action, jobs }] = await recover(queue, {
      staging: ({ files }) => new FileStaging(optionsOf(files!)),
    });
    await queue.close();
    assert(["written", "completed", "away"].includes(action), action);
    assertEquals(jobs, 20);
    // Files that had no name yet when it was killed are in no checksum.
    for (const path of home.folder.list("out")) {
      if (/\/\.[^/]*\.tmp$/.test(path)) Deno.removeSync(home.folder.join(path));
    }
    assertEquals((await verifyTree(home.out)).files, 34);
  });
}

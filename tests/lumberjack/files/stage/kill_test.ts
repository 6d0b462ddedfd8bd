import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { recover } from "../../../../lib/lumberjack/export/recover.ts";
import { verifyTree } from "../../../../lib/lumberjack/files/bundle.ts";
import { FileStaging } from "../../../../lib/lumberjack/files/stage/file_staging.ts";
import { optionsOf } from "../../../../lib/lumberjack/files/stage/stage_options.ts";
import { FileJobQueue } from "../../../../lib/lumberjack/queue/file/job_queue.ts";
import { StagedHome } from "./staged_export.ts";

const cli = fromFileUrl(new URL("../../../../cli.ts", import.meta.url));

/**
 * Starts an export, and kills it with SIGKILL as soon as `isThere()` is true.
 */
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
    // The export has already ended.
  }
  await ended;
}

/** Returns whether a path in the test's folder matches. */
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
  Deno.test(`if a staged export is killed after it has written ${step}, recover finishes it`, async () => {
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
    // Without locks on the disk, nothing has happened yet.
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
    // Temporary files that the kill left are not in SHA256SUMS.
    for (const path of home.folder.list("out")) {
      if (/\/\.[^/]*\.tmp$/.test(path)) Deno.removeSync(home.folder.join(path));
    }
    assertEquals((await verifyTree(home.out)).files, 34);
  });
}

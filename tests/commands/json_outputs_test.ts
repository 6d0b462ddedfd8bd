import { assert, assertEquals } from "@std/assert";
import { shownVerbs } from "../../lib/commands/verbs.ts";
import { Folder, queueLog } from "../lumberjack/queue_fixture.ts";
import { lumberjack } from "./command_line.ts";

/** The verbs whose JSON a test of a real pool compares with the schema. */
const onPools: Readonly<Record<string, string>> = {
  cron: "cron_test.ts",
  doctor: "cron_test.ts",
  "hooks check": "cron_test.ts",
  "hooks install": "hooks_test.ts",
  "remote adopt": "prototype_adopt_test.ts",
  "remote run": "remote_test.ts",
  "remote worker": "remote_workers_test.ts",
  "remote submit": "slurm_test.ts",
  sites: "cron_test.ts",
  why: "cron_test.ts",
};
/** Verbs that run until they are stopped, and verbs that print no JSON. */
const others = ["log follow", "schema", "completion"];

/** Command lines, the verbs of which print one document each. */
class Session {
  readonly verbs = new Set<string>();

  /** Runs a verb with `--json`, which is compared with the verb's schema. */
  async run(verb: string, ...words: string[]): Promise<void> {
    this.verbs.add(verb);
    const line = [...verb.split(" "), ...words, "--json"];
    const { status, out, err } = await lumberjack(...line);
    assert(status !== 2 && out !== "", `${line.join(" ")}\n${out}${err}`);
  }
}

Deno.test("what each verb prints with --json is as its schema says", async () => {
  using folder = new Folder();
  const session = new Session();
  const queue = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}, {}, { JobStatus: "2" }] }]),
  );
  const [away, after] = [folder.mkdir("away"), folder.join("after.log")];
  const onQueue = ["--queue", queue, "--queue-out", after];
  await session.run(
    ...["export", "--constraint", "true", "--out", away] as const,
    ...["--remote-spool", "/spool", ...onQueue],
  );
  await session.run("status", "--queue", after);
  await session.run("recover", "--queue", after);
  await session.run(
    ...["report", "--html", folder.join("page.html"), "--queue", after],
  );

  await session.run("log show", queue);
  await session.run("log verify", queue, after);
  await session.run("log diff", queue, after);
  await session.run("log stats", queue);
  await session.run("log salvage", queue);
  await session.run("log compact", queue, "--out", folder.join("compact.log"));

  const bundle = folder.join("away.tar.gz");
  await session.run("bundle create", away, bundle);
  await session.run("bundle verify", bundle);
  await session.run("bundle extract", bundle, folder.join("extracted"));

  // The folder of an export is laid out as the spool that it becomes.
  const site = folder.join("extracted");
  await session.run("remote status", "--spool", site);
  await session.run(
    ...["remote script", "--batch", "slurm", "--in", away] as const,
    ...["--spool", site, "--image", "/image.sif", "--cpus", "1"],
  );
  await session.run(
    ...["remote check", "--batch", "slurm", "--spool", site] as const,
    ...["--image", "/image.sif"],
  );
  await session.run("remote cancel", "--spool", site, "--ids", "1.1");
  markCompleted(`${site}/job_queue.log`, "1.0");
  await session.run(
    ...["remote pack", "--spool", site, "--out"] as const,
    folder.join("back.tar.gz"),
  );

  const [ship, fetch, arriving, leaving] = ["ship", "fetch", "in", "out"]
    .map((name) => folder.mkdir(name));
  await session.run(
    ...["remote carry", "--ship", ship, "--fetch", fetch] as const,
    ...["--in", arriving, "--out", leaving],
  );

  await session.run(
    "import",
    ...["--in", site, "--queue", after, "--dry-run"],
  );
  await session.run("unexport", "--ids", "1", "--queue", after);
  await session.run("clean", "--older-than", "1s", away, "--queue", queue);
  await session.run("events check", userLog(folder), "--queue", queue);
  await session.run("eval", "1 + 1");

  const unchecked = shownVerbs().map(({ name }) => name).filter((name) =>
    !session.verbs.has(name) && !others.includes(name)
  );
  assertEquals(unchecked.sort(), Object.keys(onPools).sort());
});

Deno.test("the verbs that need a pool print their JSON in a test of a pool", async () => {
  for (const [verb, file] of Object.entries(onPools)) {
    const path = new URL(`../pool/${file}`, import.meta.url);
    const text = (await Deno.readTextFile(path)).replace(/\s+/g, " ");
    const words = verb.split(" ").map((word) => `"${word}"`).join(", ");
    assert(text.includes(words), `${file}: ${verb}`);
    assert(/"--json"|lumberjackJson/.test(text), file);
  }
});

/** The remote schedd's records about a job that ran to its end. */
function markCompleted(log: string, job: string): void {
  const records = { JobStatus: 4, ExitCode: 0, CompletionDate: 1_700_000_100 };
  const lines = Object.entries(records)
    .map(([name, value]) => `103 ${job} ${name} ${value}\n`);
  Deno.writeTextFileSync(log, `105 \n${lines.join("")}106 \n`, {
    append: true,
  });
}

function userLog(folder: Folder): string {
  return folder.write(
    "job.log",
    "000 (001.002.000) 2026-11-30 10:00:00 Job submitted from host: <1.2.3.4:9618>\n...\n",
  );
}

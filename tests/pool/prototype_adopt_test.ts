import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, type Root, roots } from "./harness/mod.ts";

const submit = `
executable = /bin/sh
arguments = "-c 'id -un; cat in.txt'"
transfer_input_files = in.txt
should_transfer_files = yes
output = out.$(Process)
log = job.log
request_memory = 16
request_disk = 1
queue 2
`;

/** Tries the prototype's MiniCondor example, with a pool of root. */
async function adopted(root: Root): Promise<void> {
  await using mini = await Pool.start({
    ...{ root, slots: 2 },
    config: "VALID_SPOOL_FILES = lumberjack, manifest.json, SHA256SUMS\n" +
      "START = False",
  });
  await mini.machine.write("/home/alice/in.txt", "42\n", { user: "alice" });
  await mini.submit(submit, { user: "alice" });
  await mini.sh("mkdir /var/tmp/out");
  await mini.lumberjackJson([
    ...["export", "--constraint", "true", "--out", "/var/tmp/out", "--stage"],
    ...["--remote-spool", "/planned/spool"],
  ]);
  const env = { CONDOR_CONFIG: "/etc/condor/condor_config" };
  const line = ["--import", "-in", "/var/tmp/out/job_queue.log"];
  // If the schedd runs, the command is an import, which refuses the log because
  // no schedd has run it.
  const imported = await mini.lumberjack(line, { env });
  assertEquals(imported.code, 1);
  assert(imported.stderr.includes("no schedd has run"), imported.stderr);
  await mini.stopSchedd();
  // From here on the machine stands for a container with an empty spool.
  await mini.sh(`rm -r ${mini.spool}/*; rm /home/alice/in.txt`);
  await mini.configure(
    "VALID_SPOOL_FILES = lumberjack, manifest.json, SHA256SUMS",
  );
  await mini.run(["condor_reconfig"]);
  const adopt = await mini.lumberjack(line, { env });
  assertEquals(adopt.code, 0, adopt.stderr);
  const again = await mini.lumberjack(line, { env });
  assert(again.stdout.includes("already"), again.stdout + again.stderr);
  const { already } = await mini.lumberjackJson<{ already: boolean }>(
    ["remote", "adopt", "--in", "/var/tmp/out", "--spool", mini.spool],
    { timeout: 180 },
  );
  assert(already);
  await mini.startSchedd();
  await mini.untilNone("JobStatus != 4");
  const outputs = await mini.sh(
    `cat ${mini.spool}/1/*/cluster1.proc*/_condor_stdout`,
  );
  assertEquals(outputs, "alice\n42\nalice\n42\n");
}

for (const root of roots) {
  poolTest(
    `on ${root}, the prototype's --import adopts an export if no schedd runs`,
    () => adopted(root),
  );
}

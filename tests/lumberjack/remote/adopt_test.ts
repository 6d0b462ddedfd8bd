import { assert, assertEquals, assertRejects } from "@std/assert";
import { QueueTable } from "../../../lib/queue_log/mod.ts";
import { adopt as adoptInProcess } from "../../../lib/lumberjack/remote/adopt.ts";
import { createBundle } from "../../../lib/lumberjack/files/bundle.ts";
import { remoteSpool, StagedHome } from "../files/stage/staged_export.ts";

const program = new URL("adopt_program.ts", import.meta.url).pathname;

/** Adopts an export as an ordinary user. */
async function adopt(
  from: string,
  spool: string,
): Promise<{ already: boolean; movedFrom?: string }> {
  const { uid } = Deno;
  Deno.uid = () => 1000;
  try {
    return await adoptInProcess({ in: from, spool });
  } finally {
    Deno.uid = uid;
  }
}

/**
 * Adopts an export in a separate process, which kills itself at a step. Returns
 * whether it did: with a late step it has ended before.
 */
async function adoptKilled(
  from: string,
  spool: string,
  step: number,
): Promise<boolean> {
  const { success, signal, stderr } = await new Deno.Command(
    Deno.execPath(),
    {
      args: ["run", "-A", "--no-check", program, from, spool],
      env: { KILL_AFTER: String(step) },
      stdout: "null",
    },
  ).output();
  const said = new TextDecoder().decode(stderr);
  assert(success || signal === "SIGKILL", said);
  return !success;
}

/**
 * Exports two jobs with files and a URL as inputs to `home.out`. Returns the
 * id.
 */
async function exported(home: StagedHome): Promise<string> {
  home.write("run", "#!/bin/sh\n", 0o755);
  home.write("data", "input\n");
  home.queue({
    attributes: {
      TransferInput: '"data,https://example.org/x"',
      Args: `"${remoteSpool}/data"`,
      UserLog: '"job.log"',
      ShouldTransferFiles: '"YES"',
      WhenToTransferOutput: '"ON_EXIT"',
    },
    procs: [{}, {}],
  });
  const { exports: [{ exportId }] } = await home.export();
  return exportId;
}

function files(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${folder}${path}`)) {
      if (isDirectory) walk(`${path}/${name}`);
      else found.push(`${path}/${name}`);
    }
  };
  walk("");
  return found.sort();
}

Deno.test("after remote adopt, the paths in the log lead to the files in the new spool", async () => {
  using home = new StagedHome();
  const id = await exported(home);
  const spool = home.folder.join("spool");
  const { already, movedFrom } = await adopt(home.out, spool);
  assertEquals([already, movedFrom], [false, remoteSpool]);
  using table = QueueTable.open(`${spool}/job_queue.log`);
  const job = table.get("1.1");
  const inputs = `${spool}/lumberjack/${id}/inputs`;
  const cmd = JSON.parse(job?.chainedText("Cmd") ?? "");
  assertEquals(Deno.readTextFileSync(cmd), "#!/bin/sh\n");
  assert(cmd.startsWith(inputs), cmd);
  const [data, url] = JSON.parse(job?.chainedText("TransferInput") ?? "")
    .split(",");
  assertEquals(Deno.readTextFileSync(data), "input\n");
  assertEquals(url, "https://example.org/x");
  // The program's arguments are the user's, so they stay as they are.
  assertEquals(job?.chainedText("Args"), `"${remoteSpool}/data"`);
  const iwd = JSON.parse(job?.chainedText("Iwd") ?? "");
  assertEquals(iwd, `${spool}/1/1/cluster1.proc1.subproc0`);
  assert(Deno.statSync(iwd).isDirectory);
  const sums = await new Deno.Command("sha256sum", {
    args: ["--quiet", "-c", "SHA256SUMS"],
    cwd: spool,
  }).output();
  assertEquals(new TextDecoder().decode(sums.stdout), "");
  assertEquals(Deno.statSync(`${spool}/job_queue.log`).mode! & 0o777, 0o600);
});

Deno.test("remote adopt of a bundle makes the same files as remote adopt of a folder", async () => {
  using home = new StagedHome();
  await exported(home);
  const bundle = home.folder.join("export.tar.gz");
  await createBundle(home.out, bundle);
  const spool = home.folder.join("spool"), other = home.folder.join("other");
  await adopt(bundle, spool);
  await adopt(home.out, other);
  assertEquals(files(spool), files(other));
});

Deno.test("a second remote adopt changes nothing, and never replaces other jobs", async () => {
  using home = new StagedHome();
  await exported(home);
  const spool = home.folder.join("spool");
  await adopt(home.out, spool);
  const log = Deno.readTextFileSync(`${spool}/job_queue.log`);
  assertEquals((await adopt(home.out, spool)).already, true);
  assertEquals(Deno.readTextFileSync(`${spool}/job_queue.log`), log);
  using second = new StagedHome();
  await exported(second);
  await assertRejects(
    () => adopt(second.out, spool),
    Error,
    "the spool has other jobs",
  );
  assertEquals(Deno.readTextFileSync(`${spool}/job_queue.log`), log);
});

Deno.test("remote adopt of a damaged export leaves no file in the spool", async () => {
  for (const damage of ["change", "remove", "add", "log"]) {
    using home = new StagedHome();
    const id = await exported(home);
    const input = `${home.out}/lumberjack/${id}/inputs/1`;
    const [{ name }] = [...Deno.readDirSync(input)];
    if (damage === "change") Deno.writeTextFileSync(`${input}/${name}`, "!");
    if (damage === "remove") Deno.removeSync(`${input}/${name}`);
    if (damage === "add") Deno.writeTextFileSync(`${home.out}/history`, "!");
    if (damage === "log") {
      Deno.writeTextFileSync(`${home.out}/job_queue.log`, "105 \n", {
        append: true,
      });
    }
    const spool = home.folder.join("spool");
    await assertRejects(() => adopt(home.out, spool), Error, "", damage);
    assertEquals(files(spool), [], damage);
  }
});

Deno.test("remote adopt refuses a bundle with a file that no export has, even if its checksum is right", async () => {
  using home = new StagedHome();
  await exported(home);
  Deno.writeTextFileSync(`${home.out}/.schedd_address`, "<127.0.0.1:1>\n");
  const bundle = home.folder.join("export.tar.gz");
  await createBundle(home.out, bundle);
  const spool = home.folder.join("spool");
  await assertRejects(
    () => adopt(bundle, spool),
    Error,
    "no part of an export",
  );
  assertEquals(files(spool).filter((path) => !path.includes("adopting")), []);
});

Deno.test("if remote adopt is killed, the next one finishes its work", async () => {
  using home = new StagedHome();
  const id = await exported(home);
  const expected = home.folder.join("whole");
  await adopt(home.out, expected);
  for (let step = 1;; step += 4) {
    const spool = home.folder.join(`spool-${step}`);
    if (!await adoptKilled(home.out, spool, step)) break;
    assert(step < 200);
    await adopt(home.out, spool);
    const left = files(spool).filter((path) => !path.endsWith(".tmp"));
    assertEquals(left, files(expected), `killed at step ${step} of ${id}`);
  }
});

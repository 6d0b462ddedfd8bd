import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readManifest } from "../../lib/lumberjack/export_dir/manifest.ts";
import { adsOf, Folder, queueLog } from "../lumberjack/queue_fixture.ts";

const program = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--no-check",
  fromFileUrl(new URL("../../cli.ts", import.meta.url)),
].map((word) => `'${word}'`).join(" ");

/**
 * Command lines whose standard output can't be written: the disk is full, or
 * the reader has closed the pipe.
 */
const full = (line: string) => `${program} ${line} >/dev/full`;
const closed = (line: string) =>
  `set -o pipefail; ${program} ${line} | (exec <&-; sleep 2)`;

async function sh(line: string): Promise<{ status: number; err: string }> {
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", line],
    stdout: "null",
  }).output();
  return { status: code, err: new TextDecoder().decode(stderr) };
}

for (const [where, to] of [["full", full], ["closed", closed]] as const) {
  Deno.test(`verbs do their work and exit with its status if standard output is ${where}`, async () => {
    using folder = new Folder();
    const queue = folder.write(
      "queue.log",
      queueLog([{ cluster: 1, procs: [{}, { JobStatus: "5" }, {}] }]),
    );
    const [out, away, home] = ["out", "away.log", "home.log"].map((name) =>
      folder.join(name)
    );
    folder.mkdir("out");
    const said = "the output could not be written";
    const exported = await sh(to(
      `export --constraint true --out ${out} --remote-spool /spool ` +
        `--queue ${queue} --queue-out ${away} --json`,
    ));
    // 4: a held job was left out.
    assertEquals(exported.status, 4, exported.err);
    assertStringIncludes(exported.err, said);
    assertEquals(readManifest(out)?.state, "written");
    assertEquals(adsOf(away)["1.0"].Managed, '"External"');

    const recovered = await sh(to(`recover --queue ${away}`));
    assertEquals(recovered.status, 0, recovered.err);
    assertStringIncludes(recovered.err, said);
    const verified = await sh(to(`log verify ${out}/job_queue.log`));
    assertEquals(verified.status, 0, verified.err);
    const back = await sh(to(
      `unexport --ids 1 --queue ${away} --queue-out ${home}`,
    ));
    assertEquals(back.status, 0, back.err);
    assertEquals(adsOf(home)["1.0"].Managed, undefined);
    const nothing = await sh(to(
      `unexport --ids 7 --queue ${away} --queue-out ${home}.2`,
    ));
    assertEquals(nothing.status, 3, nothing.err);
  });
}

Deno.test("a verb that only prints something fails if standard output is full", async () => {
  using folder = new Folder();
  const queue = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}] }]),
  );
  for (
    const line of [
      `log show ${queue}`,
      `status --queue ${queue}`,
      "eval 1",
      "--help",
      "export --help",
      "--version",
    ]
  ) {
    const { status, err } = await sh(full(line));
    assertEquals(status, 1, `${line}: ${err}`);
    assertEquals(err.trim().split("\n").length, 1, err);
    assertStringIncludes(err, "lumberjack: cannot write the output: No space");
  }
});

Deno.test("a verb that only prints something exits with 0 if the reader closes the pipe", async () => {
  using folder = new Folder();
  const procs = Array.from({ length: 2000 }, () => ({}));
  const queue = folder.write("queue.log", queueLog([{ cluster: 1, procs }]));
  for (const line of [`log show ${queue}`, "--help"]) {
    assertEquals(await sh(closed(line)), { status: 0, err: "" });
  }
});

Deno.test("a full standard error changes no exit status", async () => {
  using folder = new Folder();
  const queue = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, procs: [{}, { JobStatus: "5" }] }]),
  );
  const out = folder.mkdir("out");
  const { status } = await sh(
    `${program} export --constraint true --out ${out} --remote-spool /spool ` +
      `--queue ${queue} 2>/dev/full`,
  );
  assertEquals(status, 4);
  assertEquals(readManifest(out)?.state, "written");
  const failing = `${program} log show ${folder.join("absent")} 2>/dev/full`;
  assertEquals((await sh(failing)).status, 1);
});

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { lumberjack } from "./command_line.ts";

const log = "107 1 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
  "103 0.0 NextClusterNum 2\n101 01.-1 Job Machine\n103 01.-1 ClusterId 1\n" +
  '103 01.-1 Owner "alice"\n103 01.-1 JobUniverse 5\n103 01.-1 Cmd "/bin/sh"\n' +
  "101 1.0 Job Machine\n103 1.0 ProcId 0\n103 1.0 JobStatus 1\n" +
  "101 1.1 Job Machine\n103 1.1 ProcId 1\n103 1.1 JobStatus 5\n";

async function withLog(
  work: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "job_queue.log");
    Deno.writeTextFileSync(path, log);
    await work(path, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("log show lists jobs in a table", () =>
  withLog(async (path) => {
    const { status, out } = await lumberjack("log", "show", path);
    assertEquals(status, 0);
    const [head, first, second] = out.split("\n");
    assertMatch(head, /^ID +OWNER +SUBMITTED/);
    assertMatch(first, /^1\.0 +alice .* I .* sh$/);
    assertMatch(second, /^1\.1 +alice .* H .* sh$/);
  }));

Deno.test("log show --json prints every ad, with --chained including its cluster ad", () =>
  withLog(async (path) => {
    const plain = await lumberjack("log", "show", path, "--json");
    const { ads } = JSON.parse(plain.out);
    assertEquals(ads.map((ad: { key: string }) => ad.key), [
      "0.0",
      "01.-1",
      "1.0",
      "1.1",
    ]);
    assertEquals(ads[2], {
      key: "1.0",
      type: "Job",
      attributes: { ProcId: "0", JobStatus: "1" },
    });
    const chained = await lumberjack(
      ...["log", "show", path, "--json", "--chained"],
      ...["--constraint", "JobStatus == 5"],
    );
    assertEquals(JSON.parse(chained.out).ads, [{
      key: "1.1",
      type: "Job",
      attributes: {
        ProcId: "1",
        JobStatus: "5",
        ClusterId: "1",
        Owner: '"alice"',
        JobUniverse: "5",
        Cmd: '"/bin/sh"',
      },
    }]);
  }));

Deno.test("log show --long --attributes prints the chosen attributes", () =>
  withLog(async (path) => {
    const { out } = await lumberjack(
      ...["log", "show", path, "--long", "--attributes", "jobstatus,owner"],
      ...["--constraint", 'Owner == "alice" && ProcId == 0', "--chained"],
    );
    assertEquals(out, '# 1.0\njobstatus = 1\nowner = "alice"\n');
  }));

Deno.test("the exit status of log show says that nothing matched or that the constraint is wrong", () =>
  withLog(async (path) => {
    const show = (constraint: string) =>
      lumberjack("log", "show", path, "--constraint", constraint);
    assertEquals((await show("JobStatus == 7")).status, 3);
    const wrong = await show("1 +");
    assertEquals([wrong.status, wrong.out], [2, ""]);
    assertMatch(wrong.err, /^lumberjack: constraint does not parse: 1 \+: /);
  }));

Deno.test("log verify prints problems with line and byte, and fails for a damaged log", () =>
  withLog(async (path) => {
    const good = await lumberjack("log", "verify", path, "--json");
    assertEquals(good.status, 0);
    const { file, ok, records, transactions, ads, problems } = JSON.parse(
      good.out,
    );
    assertEquals(
      { file, ok, records, transactions, ads, problems },
      {
        file: path,
        ok: true,
        records: 14,
        transactions: 0,
        ads: { header: 1, users: 0, clusters: 1, jobs: 2, other: 0 },
        problems: [],
      },
    );
    Deno.writeTextFileSync(path, "103 1.0 A 1 +\n", { append: true });
    const bad = await lumberjack("log", "verify", path);
    assertMatch(bad.err, /lumberjack log salvage .* says what can be saved/);
    assertEquals(bad.status, 1);
    assertMatch(
      bad.out,
      new RegExp(`job_queue.log:15: loss: .*byte ${log.length}\\]`),
    );
    assertMatch(bad.out, /silently drops the last 14 of/);
  }));

Deno.test("log diff finds no difference after log compact", () =>
  withLog(async (path, folder) => {
    Deno.writeTextFileSync(path, "105 \n103 1.0 JobStatus 4\n106 \n", {
      append: true,
    });
    const out = join(folder, "new.log");
    const compacted = await lumberjack("log", "compact", path, "--out", out);
    assertEquals(compacted.status, 0);
    const same = await lumberjack("log", "diff", path, out, "--json");
    assertEquals(JSON.parse(same.out), {
      before: path,
      after: out,
      differences: [],
    });
    Deno.writeTextFileSync(out, '103 1.0 A "x"\n102 1.1\n', { append: true });
    const { out: text } = await lumberjack("log", "diff", path, out);
    assertEquals(
      text,
      '~ 1.0 (Job)\n  + A = "x"\n- 1.1 (Job)\n' +
        "  - ProcId = 1\n  - JobStatus = 5\n",
    );
    const again = await lumberjack("log", "compact", path, "--out", out);
    assertEquals(again.status, 1);
    assertMatch(again.err, /^lumberjack: file exists already: /);
  }));

Deno.test("the log verbs need files", async () => {
  for (const verb of ["show", "verify", "diff", "follow", "compact"]) {
    const { status, err } = await lumberjack("log", verb);
    assertEquals(status, 2, verb);
    assertMatch(err, /^lumberjack: file is missing: /);
  }
});

Deno.test("log follow prints committed transactions, and exits with 0 after SIGTERM", () =>
  withLog(async (path) => {
    const cli = new URL("../../cli.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", cli, "log", "follow", path, "--json"],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    // It begins at the end of the file. Therefore write until it has begun.
    let out = "";
    const writing = setInterval(() => {
      Deno.writeTextFileSync(path, "105 \n103 1.0 A 7\n106 #x\n", {
        append: true,
      });
    }, 100);
    try {
      while (!out.includes("\n")) out += (await reader.read()).value;
    } finally {
      clearInterval(writing);
    }
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
    await reader.cancel();
    const { type, records, comment } = JSON.parse(out.split("\n")[0]);
    assertEquals([type, comment, records.length], ["transaction", "x", 1]);
    assertEquals(records[0].value, "7");
  }));

Deno.test("log show of a damaged log shows the jobs that a schedd loads, and exits with 4", () =>
  withLog(async (path) => {
    const cases: [added: string, shown: string[]][] = [
      ["103 1.1 A (1 +\n101 1.2 Job Machine\n", ["1.0", "1.1"]],
      ["103 1.1 A 1\0\n", ["1.0", "1.1"]],
      ["108 1.1 A 1\n", ["1.0", "1.1"]],
      ["108 1.1 A 1\n105 \n106 \n", ["1.0", "1.1"]],
      ["103 7.0 A 1\n", ["1.0", "1.1"]],
    ];
    for (const [added, shown] of cases) {
      Deno.writeTextFileSync(path, log + added);
      const { status, out, err } = await lumberjack(
        ...["log", "show", path, "--json"],
      );
      assertEquals(status, 4, added);
      const ids = JSON.parse(out).ads.map((ad: { key: string }) => ad.key)
        .filter((key: string) => /^[1-9]/.test(key));
      assertEquals(ids, shown, added);
      assertMatch(err, /job_queue\.log:15: /);
    }
    // The schedd first loads a job that it removes when it starts.
    Deno.writeTextFileSync(path, log + "101 7.0 Job Machine\n");
    const removed = await lumberjack("log", "show", path);
    assertEquals(removed.status, 0);
    assertMatch(removed.err, /a schedd removes 1 of these jobs/);
    // A log that a schedd is writing to is not damaged.
    Deno.writeTextFileSync(path, log + "105 \n103 1.1 JobSt");
    assertEquals((await lumberjack("log", "show", path)).status, 0);
  }));

Deno.test("log salvage says which jobs it holds, and writes a log only with --out", () =>
  withLog(async (path, folder) => {
    const sound = await lumberjack("log", "salvage", path, "--json");
    assertEquals([sound.status, JSON.parse(sound.out).sound], [0, true]);
    Deno.writeTextFileSync(path, log + "nonsense\n105 \n102 1.1\n106 \n");
    const dry = await lumberjack("log", "salvage", path);
    assertEquals(dry.status, 4);
    assertMatch(dry.out, /job_queue\.log:15: .*\[rest-of-record, byte \d+\]/);
    assertMatch(dry.out, /job 1\.0: held: /);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    const out = join(folder, "new.log");
    const done = await lumberjack("log", "salvage", path, "--out", out);
    assertEquals(done.status, 4);
    assertMatch(
      done.err,
      /put it in the place of .*job_queue\.log before the schedd starts/,
    );
    const verified = await lumberjack("log", "verify", out);
    assertEquals(verified.status, 0, verified.out);
  }));

Deno.test("log stats prints a table of each kind", () =>
  withLog(async (path) => {
    const { status, out } = await lumberjack("log", "stats", path);
    assertEquals(status, 0);
    assertMatch(out, /^alice +11 +/m);
    assertMatch(out, /compacted, 14 records in \d+ bytes/);
    const json = await lumberjack("log", "stats", path, "--json");
    assertEquals(JSON.parse(json.out).records, 14);
  }));

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  compact,
  diffTables,
  QueueLogDamage,
  QueueLogError,
  QueueTable,
  salvage,
  verify,
} from "../../lib/queue_log/mod.ts";

import { makeLog } from "../../scripts/bench/make_log.ts";

const log = "107 4 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
  "103 0.0 NextClusterNum 2\n101 01.-1 Job Machine\n103 01.-1 ClusterId 1\n" +
  '103 01.-1 Owner "alice"\n101 1.0 Job Machine\n103 1.0 ProcId 0\n' +
  "105 \n103 1.0 JobStatus 1\n103 1.0 JOBSTATUS 5\n106 \n101 1.1 Job Machine\n" +
  "102 1.1\n104 01.-1 Nothing\n";

/** Runs `work` in a temporary folder that holds the log. */
async function withLog(
  work: (path: string, folder: string) => void | Promise<void>,
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

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

Deno.test("compact() writes the current attributes of each ad, and the next sequence number", () =>
  withLog((path, folder) => {
    const out = join(folder, "new.log");
    const report = compact(path, out);
    assertEquals(
      Deno.readTextFileSync(out),
      "107 5 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
        "103 0.0 NextClusterNum 2\n101 01.-1 Job Machine\n" +
        '103 01.-1 ClusterId 1\n103 01.-1 Owner "alice"\n' +
        "101 1.0 Job Machine\n103 1.0 ProcId 0\n103 1.0 JobStatus 5\n",
    );
    assertEquals([report.records, report.ads, report.sequence], [9, 3, 5]);
    assertEquals(Deno.statSync(out).mode! & 0o777, 0o600);
    assertEquals(names(folder), ["job_queue.log", "new.log"]);
    assertEquals(Deno.readTextFileSync(path), log);
  }));

Deno.test({
  name:
    "if root writes a log, it belongs to the owner of the log that was read",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withLog((path, folder) => {
      Deno.chownSync(path, 12345, 12346);
      compact(path, join(folder, "compacted"));
      salvage(path, { out: join(folder, "salvaged") });
      for (const name of ["compacted", "salvaged"]) {
        const { uid, gid } = Deno.statSync(join(folder, name));
        assertEquals([uid, gid], [12345, 12346], name);
      }
    }),
});

Deno.test("compact() overwrites no file, not even the log itself", () =>
  withLog((path, folder) => {
    for (const out of [path, folder]) {
      assertThrows(() => compact(path, out), QueueLogError, "exists already");
    }
    Deno.symlinkSync(join(folder, "nowhere"), join(folder, "link"));
    assertThrows(
      () => compact(path, join(folder, "link")),
      QueueLogError,
      "exists already",
    );
    assertEquals(Deno.readTextFileSync(path), log);
    assertEquals(names(folder), ["job_queue.log", "link"]);
  }));

Deno.test("compact() leaves no file behind if it fails", () =>
  withLog((path, folder) => {
    const error = assertThrows(
      () => compact(path, join(folder, "missing", "new.log")),
      QueueLogError,
    );
    assertEquals(error.remedy, "make the folder first");
    Deno.writeTextFileSync(path, log + "nonsense\n");
    assertThrows(() => compact(path, join(folder, "new.log")), QueueLogDamage);
    assertEquals(names(folder), ["job_queue.log"]);
  }));

Deno.test("diffTables() finds ads and attributes that differ", () => {
  const read = (text: string) =>
    QueueTable.read(new TextEncoder().encode(text));
  const before = read(
    "101 1.0 Job Machine\n103 1.0 A 1\n103 1.0 B 2\n101 1.1 Job Machine\n" +
      "103 1.1 A 1\n101 1.2 Job Machine\n",
  );
  const after = read(
    "101 1.2 Job Machine\n101 1.3 Owner (empty)\n103 1.3 X 1\n" +
      "101 1.0 Job Machine\n103 1.0 C 3\n103 1.0 a 1\n103 1.0 b 22\n",
  );
  const attribute = (name: string, before?: string, after?: string) => ({
    name,
    before,
    after,
  });
  assertEquals([...diffTables(before, after)], [
    {
      key: "1.0",
      change: "changed",
      type: "Job",
      attributes: [
        attribute("B", "2", "22"),
        attribute("C", undefined, "3"),
      ],
    },
    {
      key: "1.1",
      change: "removed",
      type: "Job",
      attributes: [attribute("A", "1")],
    },
    {
      key: "1.3",
      change: "added",
      type: "Owner",
      attributes: [attribute("X", undefined, "1")],
    },
  ]);
  assertEquals([...diffTables(after, after)], []);
});

Deno.test("QueueTable: open() and read() give the same table", () =>
  withLog((path) => {
    makeLog(path, { jobs: 1000, perCluster: 7 });
    using file = QueueTable.open(path);
    const memory = QueueTable.read(Deno.readFileSync(path));
    assertEquals([...diffTables(file, memory)], []);
    assertEquals([...file.procs()].length, 1000);
  }));

Deno.test("QueueTable: an empty file is an empty queue", () =>
  withLog((path) => {
    Deno.writeTextFileSync(path, "");
    using table = QueueTable.open(path);
    assertEquals([table.size, table.committedBytes], [0, 0]);
    assertEquals(verify(path).ok, true);
  }));

Deno.test("QueueTable: the table stays the same if the log grows and is rotated meanwhile", () =>
  withLog((path) => {
    using table = QueueTable.open(path);
    Deno.writeTextFileSync(path, "103 1.0 JobStatus 4\n", { append: true });
    assertEquals(table.get("1.0")?.text("JobStatus"), "5");
    Deno.writeTextFileSync(path + ".tmp", "107 5 CreationTimestamp 1\n");
    Deno.renameSync(path + ".tmp", path);
    assertEquals(table.get("01.-1")?.text("Owner"), '"alice"');
  }));

Deno.test("QueueTable: a log that is cut or overwritten while it is read is an error", () =>
  withLog((path) => {
    using table = QueueTable.open(path);
    Deno.truncateSync(path, 10);
    assertThrows(
      () => table.get("1.0")?.text("JobStatus"),
      QueueLogError,
      "changed while it was read",
    );
    Deno.writeTextFileSync(path, "x".repeat(log.length));
    assertThrows(
      () => table.get("01.-1")?.text("Owner"),
      QueueLogError,
      "changed while it was read",
    );
  }));

Deno.test("QueueTable: a value can have 100 MB", () =>
  withLog((path) => {
    const file = Deno.openSync(path, { write: true, append: true });
    const piece = new Uint8Array(1 << 20).fill(97);
    const write = (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
    };
    write(new TextEncoder().encode('103 1.0 Large "'));
    for (let i = 0; i < 100; i++) write(piece);
    write(new TextEncoder().encode('"\n103 1.0 Small 7\n'));
    file.close();
    using table = QueueTable.open(path);
    const ad = table.get("1.0")!;
    assertEquals(ad.text("Small"), "7");
    assertEquals(ad.rawValue("Large")?.length, 100 * (1 << 20) + 2);
    const report = verify(path);
    assertEquals(
      [report.verdict, ...report.problems.map((p) => p.kind)],
      ["drop", "dropped-job"],
      "only the job's missing universe is wrong",
    );
  }));

Deno.test("the error about a file that may not be read says so", async () => {
  await withLog(async (path, folder) => {
    Deno.chmodSync(folder, 0o755);
    Deno.chmodSync(path, 0o000);
    const script = `import { QueueTable } from ${
      JSON.stringify(import.meta.resolve("../../lib/queue_log/mod.ts"))
    };
      try { QueueTable.open(${JSON.stringify(path)}); console.log("read"); }
      catch (error) { console.log(error.name, error.message, error.remedy); }`;
    const said = await asOrdinaryUser(script);
    assert(
      said.startsWith("QueueLogError no permission to read queue log the file"),
      said,
    );
  });
});

/**
 * Runs the script and returns what it prints. Root can read every file.
 * Therefore, if the test runs as root, the script's process gives up that
 * right.
 */
async function asOrdinaryUser(script: string): Promise<string> {
  const deno = [Deno.execPath(), "eval", "--no-lock"];
  const config = import.meta.resolve("../../deno.json").replace("file://", "");
  const words = [...deno, "--config", config, "--ext=ts", script];
  const command = Deno.uid() === 0
    ? [
      "setpriv",
      "--bounding-set=-dac_override,-dac_read_search",
      "--inh-caps=-dac_override,-dac_read_search",
      ...words,
    ]
    : words;
  const { stdout, stderr } = await new Deno.Command(command[0], {
    args: command.slice(1),
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

import { assertEquals, assertThrows } from "@std/assert";
import {
  MemorySink,
  QueueLogDamage,
  QueueLogError,
  QueueLogWriter,
  QueueTable,
} from "../../lib/queue_log/mod.ts";
import { Choices } from "./mutations.ts";
import { bytesOf, textOfBytes } from "./properties.ts";

const encoder = new TextEncoder();

function read(text: string, tolerant = false): QueueTable {
  return QueueTable.read(encoder.encode(text), { tolerant });
}

Deno.test("QueueTable: the latest value counts, and the name keeps its first spelling", () => {
  const table = read(
    "101 1.0 Job Machine\n103 1.0 JobStatus 1\n103 1.0 Foo 2\n" +
      "103 1.0 JOBSTATUS 5\n104 1.0 foo\n103 1.0 FOO 3\n",
  );
  const ad = table.get("1.0")!;
  assertEquals(ad.names(), ["JobStatus", "FOO"]);
  assertEquals(ad.text("jobStatus"), "5");
  assertEquals(ad.text("Foo"), "3");
  assertEquals(ad.myType, "Job");
  assertEquals(ad.targetType, "Machine");
});

Deno.test("QueueTable: jobs counts the proc ads that were not destroyed, and has() knows them", () => {
  const table = read(
    "101 0.0 Job Machine\n101 07.-1 Job Machine\n101 7.0 Job Machine\n" +
      "101 7.1 Job Machine\n101 7.2 Job Machine\n102 7.1\n101 0.1 Owner\n",
  );
  assertEquals(table.jobs, 2);
  const has = (proc: number) => table.has(7, proc);
  assertEquals([-1, 0, 1, 2, 3].map(has), [true, true, false, true, false]);
});

Deno.test("QueueTable: a proc ad sees its cluster ad, but a cluster ad sees no proc ad", () => {
  const table = read(
    '101 07.-1 Job Machine\n103 07.-1 Owner "bob"\n101 7.0 Job Machine\n' +
      "103 7.0 ProcId 0\n",
  );
  const proc = table.get("7.0")!;
  assertEquals(proc.text("Owner"), undefined);
  assertEquals(proc.chainedText("owner"), '"bob"');
  assertEquals(proc.parent?.key, "07.-1");
  assertEquals(table.get("7.-1")?.chainedText("ProcId"), undefined);
});

Deno.test("QueueTable: an unfinished transaction is dropped", () => {
  const text =
    "107 4 CreationTimestamp 17\n101 1.0 Job Machine\n103 1.0 A 1\n" +
    "105 \n103 1.0 A 2\n102 1.0\n101 2.0 Job Machine\n";
  const table = read(text);
  assertEquals(table.get("1.0")?.text("A"), "1");
  assertEquals(table.get("2.0"), undefined);
  assertEquals(table.committedBytes, text.indexOf("105"));
  assertEquals(table.sequence, 4);
  const done = read(text + "106 \n");
  assertEquals(done.get("1.0"), undefined);
  assertEquals(done.size, 1);
});

Deno.test("QueueTable: an incomplete last record is dropped", () => {
  const text = "101 1.0 Job Machine\n103 1.0 A 1\n";
  const table = read(text + "103 1.0 A 2");
  assertEquals(table.get("1.0")?.text("A"), "1");
  assertEquals(table.committedBytes, text.length);
});

Deno.test("QueueTable: a second 101 and records with an unknown key change nothing", () => {
  const table = read(
    "101 1.0 Job Machine\n103 1.0 A 1\n101 01.00 Other Thing\n103 9.9 B 1\n" +
      "102 8.8\n103 1.0 C 2\n",
  );
  assertEquals(table.size, 1);
  assertEquals(table.get("1.0")?.myType, "Job");
  assertEquals(table.get("1.0")?.names(), ["A", "C"]);
});

Deno.test("QueueTable: an ad that is created again after 102 starts empty", () => {
  const table = read(
    "101 1.0 Job Machine\n103 1.0 A 1\n102 1.0\n103 1.0 A 2\n" +
      "101 1.0 Job Machine\n103 1.0 B 3\n",
  );
  assertEquals(table.get("1.0")?.names(), ["B"]);
  assertEquals(table.size, 1);
});

Deno.test("QueueTable: damage before an end of transaction is refused, also if tolerant", () => {
  const text = "101 1.0 Job Machine\nnonsense\n105 \n106 \n";
  const error = assertThrows(() => read(text, true), QueueLogDamage);
  assertEquals([error.effect, error.offset], ["refuse", 20]);
});

Deno.test("QueueTable: damage that a schedd drops is an error, unless tolerant", () => {
  const text = "101 1.0 Job Machine\n103 1.0 A 1\n\n103 1.0 A 2\n105 \n106 \n";
  const error = assertThrows(() => read(text), QueueLogDamage);
  assertEquals([error.effect, error.offset], ["drop", 32]);
  assertEquals(read(text, true).get("1.0")?.text("A"), "1");
});

Deno.test("QueueTable: a record without a value takes the next line as its value", () => {
  const table = read("101 1.0 Job Machine\n103 1.0 A\n106 \n103 1.0 B 2\n");
  assertEquals(table.get("1.0")?.text("A"), "106 ");
  assertEquals(table.get("1.0")?.text("B"), "2");
});

Deno.test("QueueTable: bytes that are not UTF-8 stay the same", () => {
  const bytes = Uint8Array.from([
    ...encoder.encode('101 1.0 Job Machine\n103 1.0 A "'),
    0xff,
    0xc3,
    ...encoder.encode('"\n'),
  ]);
  const table = QueueTable.read(bytes);
  const sink = new MemorySink();
  const writer = new QueueLogWriter(sink);
  writer.newAd("1.0", "Job");
  writer.set("1.0", "A", table.get("1.0")!.text("A")!);
  writer.flush();
  assertEquals(sink.bytes(), bytes);
});

Deno.test("the error of QueueTable.open() names the directory or the missing file", () => {
  const directory = assertThrows(() => QueueTable.open("/"), QueueLogError);
  assertEquals(directory.subject, "/");
  const missing = assertThrows(
    () => QueueTable.open("/no/such/job_queue.log"),
    QueueLogError,
    "no such queue log",
  );
  assertEquals(missing.subject, "/no/such/job_queue.log");
});

/** Makes the records of a job at random, in every form that a reader accepts. */
function randomRecords(key: string, choices: Choices): string {
  let text = `101 ${key} Job Machine\n`;
  for (let left = choices.below(12); left > 0; left--) {
    const name = choices.of(["A", "a", "Cmd", "CMD", "RequestMemory", "In"]);
    text += choices.below(5) === 0
      ? `104 ${key} ${name}\n`
      : `103 ${choices.of([key, ` ${key}`])} ${name} ${
        choices.of(["1", '"x y"', "2\t", `"${"z".repeat(70)}"`])
      }\n`;
    if (choices.below(8) === 0) text += "105 \n106 \n";
  }
  return text;
}

Deno.test("entriesOtherThan() and present() agree with the values of each attribute", () => {
  const names = ["In", "cmd", "A", "Nowhere"];
  for (let seed = 1; seed < 150; seed++) {
    const choices = new Choices(seed);
    const [mine, theirs] = [0, 1].map(() =>
      QueueTable.read(
        bytesOf(
          randomRecords("01.-1", choices) + randomRecords("1.0", choices),
        ),
      )
    );
    const ad = mine.get("1.0")!;
    const other = (choices.below(4) === 0 ? mine : theirs).get("1.0")!;
    const differ = ad.names().filter((name) =>
      ad.text(name) !== other.chainedText(name)
    );
    assertEquals(
      ad.entriesOtherThan(other).map(({ name, value }) => [
        name,
        textOfBytes(value),
      ]),
      differ.map((name) => [name, ad.text(name)!]),
      `seed ${seed}`,
    );
    assertEquals(
      ad.present(names),
      names.filter((name) => ad.has(name)),
      `seed ${seed}`,
    );
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import {
  MemorySink,
  QueueLogError,
  QueueLogWriter,
  QueueTable,
  readRecords,
} from "../../lib/queue_log/mod.ts";

function written(write: (writer: QueueLogWriter) => void): string {
  const sink = new MemorySink();
  const writer = new QueueLogWriter(sink);
  write(writer);
  writer.flush();
  return sink.text();
}

Deno.test("QueueLogWriter writes each record as the schedd does", () => {
  const text = written((writer) => {
    writer.historical(3, 1700000000);
    writer.begin();
    writer.newAd("01.-1", "Job");
    writer.newAd({ cluster: 0, proc: 2 }, "Owner");
    writer.newAd("0.3", "");
    writer.set("01.-1", "Owner", '"alice"');
    writer.delete("01.-1", "Owner");
    writer.destroyAd("0.3");
    writer.end("by hand");
    writer.begin();
    writer.end();
  });
  assertEquals(
    text,
    "107 3 CreationTimestamp 1700000000\n105 \n101 01.-1 Job Machine\n" +
      "101 0.2 Owner (empty)\n101 0.3 (empty) (empty)\n" +
      '103 01.-1 Owner "alice"\n104 01.-1 Owner\n102 0.3\n' +
      "106 #by hand\n105 \n106 \n",
  );
});

Deno.test("QueueLogWriter refuses records that the schedd could not read", () => {
  const refused: [string, (writer: QueueLogWriter) => void][] = [
    ["value holds a newline", (w) => w.set("1.0", "A", '"a\nb"')],
    ["value holds a NUL", (w) => w.set("1.0", "A", Uint8Array.from([49, 0]))],
    ["empty value", (w) => w.set("1.0", "A", "")],
    ["empty value", (w) => w.set("1.0", "A", " \t")],
    ["empty attribute name", (w) => w.set("1.0", "", "1")],
    ["attribute name holds white space", (w) => w.set("1.0", "A B", "1")],
    ["attribute name holds white space", (w) => w.delete("1.0", "A\n")],
    ["key holds white space", (w) => w.set("1.0 x", "A", "1")],
    ["empty key", (w) => w.destroyAd("")],
    ["ad type holds white space", (w) => w.newAd("1.0", "a b")],
    ["comment holds a newline", (w) => {
      w.begin();
      w.end("a\nb");
    }],
    ["no transaction is open", (w) => w.end()],
    ["a transaction is open", (w) => {
      w.begin();
      w.begin();
    }],
    ["has to be the first", (w) => {
      w.begin();
      w.historical(1, 1);
    }],
    ["not a whole number", (w) => w.historical(-1, 1)],
  ];
  for (const [message, write] of refused) {
    assertThrows(() => written(write), QueueLogError, message);
  }
});

Deno.test("QueueLogWriter writes no part of a record that it refuses", () => {
  const text = written((writer) => {
    writer.newAd("1.0", "Job");
    assertThrows(() => writer.set("1.0", "A", "1\n"), QueueLogError);
    assertThrows(() => writer.set("1.0", "A B", "1"), QueueLogError);
    writer.set("1.0", "A", "1");
  });
  assertEquals(text, "101 1.0 Job Machine\n103 1.0 A 1\n");
});

Deno.test("QueueLogWriter copies an ad's values unchanged", () => {
  const source = '101 1.0 Job Machine\n103 1.0 A  "\\x\t"\r\n103 1.0 B 2\n' +
    "103 1.0 a 1  +1\n104 1.0 B\n";
  const table = QueueTable.read(new TextEncoder().encode(source));
  const text = written((writer) => {
    writer.copyAd(table.get("1.0")!, { as: "5.7", skip: (n) => n === "x" });
  });
  assertEquals(text, "101 5.7 Job Machine\n103 5.7 A 1  +1\n");
});

Deno.test("QueueLogWriter writes values that are larger than its buffer", () => {
  const large = new Uint8Array(3_000_000).fill(55);
  const sink = new MemorySink();
  const writer = new QueueLogWriter(sink);
  writer.newAd("1.0", "Job");
  writer.set("1.0", "A", large);
  writer.set("1.0", "B", "2");
  writer.flush();
  assertEquals(writer.bytesWritten, sink.bytes().length);
  const records = [...readRecords([sink.bytes()])];
  assertEquals(records.length, 3);
  assertEquals(records[1].op === 103 && records[1].value.length, 3_000_000);
});

Deno.test("QueueLogWriter throws an error if the disk is full", () => {
  const writer = new QueueLogWriter({
    writeSync: () => {
      throw new Error("no space left on device");
    },
  });
  writer.newAd("1.0", "Job");
  const error = assertThrows(() => writer.flush(), QueueLogError);
  assertEquals(error.subject, "no space left on device");
});

import { assertEquals } from "@std/assert";
import {
  newFlushAttribute,
  ScheddLogTail,
} from "../../../../lib/lumberjack/queue/schedd/log_tail.ts";

function makeLog(): { path: string; append: (text: string) => void } {
  const path = Deno.makeTempFileSync();
  const append = (text: string) =>
    Deno.writeTextFileSync(path, text, { append: true });
  return { path, append };
}

const job = (proc: number) => ({ cluster: 12, proc });

Deno.test("ScheddLogTail tells which jobs have changed since it was opened", () => {
  const { path, append } = makeLog();
  append("101 12.0 Job Machine\n103 12.0 JobStatus 1\n");
  const tail = new ScheddLogTail(path, Deno.statSync(path).size);
  assertEquals([tail.read(), tail.hasChanged(job(0))], [true, false]);

  append("105 \n103 12.0 JobStatus 2\n103 12.1 LastRejMatchTime 7\n106 \n");
  append('103 12.2 Managed "External"\n102 12.3\n104 12.4 CurrentHosts\n');
  const ours = newFlushAttribute();
  append(`104 12.5 ${ours}\n103 112.6 JobStatus 2\n`);
  assertEquals(tail.read(), true);
  assertEquals([0, 1, 2, 3, 4, 5, 6].filter((p) => tail.hasChanged(job(p))), [
    ...[0, 1, 2, 3, 4],
  ]);
  assertEquals(tail.hasFlush(ours), true);
  // The record of another Lumberjack proves nothing: it may be for another
  // schedd.
  assertEquals(tail.hasFlush(newFlushAttribute()), false);
  tail.close();
});

Deno.test("ScheddLogTail skips the records up to a skip(), and no later ones", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 12.0 JobStatus 2\n103 12.1 JobSt");
  assertEquals(tail.read(), true);
  append("atus 2\n103 12.2 JobStatus 2\n");
  tail.skip();
  append("103 12.3 JobStatus 2\n");
  assertEquals(tail.read(), true);
  assertEquals([0, 1, 2, 3].filter((p) => tail.hasChanged(job(p))), [0, 3]);
  tail.close();
});

Deno.test("ScheddLogTail treats a changed cluster ad as a change of all its jobs", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 012.-1 RequestMemory 5\n");
  assertEquals([tail.read(), tail.hasChanged(job(7))], [true, true]);
  tail.close();
});

Deno.test("ScheddLogTail reads a record that comes in pieces when the record is complete", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 12.0 JobSta");
  assertEquals([tail.read(), tail.hasChanged(job(0))], [true, false]);
  append("tus 2");
  assertEquals([tail.read(), tail.hasChanged(job(0))], [true, false]);
  append("\n");
  assertEquals([tail.read(), tail.hasChanged(job(0))], [true, true]);
  tail.close();
});

Deno.test("ScheddLogTail reports after a rotation that it no longer knows the changes", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 12.0 JobStatus 2\n");
  Deno.renameSync(path, `${path}.old`);
  append("103 12.0 JobStatus 1\n");
  assertEquals(tail.read(), false);
  tail.skip();
  assertEquals(tail.read(), false);
  tail.close();
});

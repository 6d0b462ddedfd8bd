import { assertEquals } from "@std/assert";
import { ScheddLogTail } from "../../lib/lumberjack/schedd_log_tail.ts";

function makeLog(): { path: string; append: (text: string) => void } {
  const path = Deno.makeTempFileSync();
  const append = (text: string) =>
    Deno.writeTextFileSync(path, text, { append: true });
  return { path, append };
}

const job = (proc: number) => ({ cluster: 12, proc });

Deno.test("ScheddLogTail tells which jobs moved, changed or were locked since", () => {
  const { path, append } = makeLog();
  append("101 12.0 Job Machine\n103 12.0 JobStatus 1\n");
  const tail = new ScheddLogTail(path, Deno.statSync(path).size);
  assertEquals([tail.read(), tail.hasMoved(job(0))], [true, false]);

  append("105 \n103 12.0 JobStatus 2\n103 12.1 LastRejMatchTime 7\n106 \n");
  append('103 12.2 Managed "External"\n103 12.2 LumberjackExportId "x"\n');
  append("102 12.3\n104 12.4 CurrentHosts\n104 12.5 LumberjackFlush\n");
  assertEquals(tail.read(), true);
  assertEquals([0, 1, 2, 3, 4, 5].map((p) => tail.hasMoved(job(p))), [
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
  assertEquals([0, 1, 2, 5].map((p) => tail.hasChanged(job(p))), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals([1, 2].map((p) => tail.isManaged(job(p))), [false, true]);
  assertEquals(tail.exportId(job(2)), '"x"');
  assertEquals(tail.flushes, 1);
  tail.close();
});

Deno.test("ScheddLogTail counts a change of the cluster ad as one of its jobs", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 012.-1 RequestMemory 5\n");
  assertEquals([tail.read(), tail.hasChanged(job(7))], [true, true]);
  assertEquals(tail.hasMoved(job(7)), false);
  tail.close();
});

Deno.test("ScheddLogTail takes a record that comes in pieces when it is whole", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 12.0 JobSta");
  assertEquals([tail.read(), tail.hasMoved(job(0))], [true, false]);
  append("tus 2");
  assertEquals([tail.read(), tail.hasMoved(job(0))], [true, false]);
  append("\n");
  assertEquals([tail.read(), tail.hasMoved(job(0))], [true, true]);
  tail.close();
});

Deno.test("ScheddLogTail knows nothing once the log was rotated", () => {
  const { path, append } = makeLog();
  const tail = new ScheddLogTail(path, 0);
  append("103 12.0 JobStatus 2\n");
  Deno.renameSync(path, `${path}.old`);
  append("103 12.0 JobStatus 1\n");
  assertEquals(tail.read(), false);
  tail.close();
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readEvents } from "../../lib/user_log/mod.ts";
import { lumberjack } from "./command_line.ts";

const queueLog = "107 1 CreationTimestamp 1795830000\n" +
  "101 0.0 Job Machine\n103 0.0 NextClusterNum 13\n" +
  '101 012.-1 Job Machine\n103 012.-1 ClusterId 12\n103 012.-1 Owner "root"\n' +
  '103 012.-1 JobUniverse 5\n103 012.-1 Cmd "/bin/true"\n' +
  ["1", "4", "1", "4"].map((status, proc) =>
    `101 12.${proc} Job Machine\n103 12.${proc} ProcId ${proc}\n` +
    `103 12.${proc} JobStatus ${status}\n103 12.${proc} ExitCode 7\n` +
    `103 12.${proc} ExitBySignal false\n`
  ).join("") +
  '103 12.3 Managed "External"\n103 12.3 ManagedManager "Lumberjack"\n' +
  '103 12.3 LumberjackExportId "x"\n';

const event = (number: string, proc: number, text: string) =>
  `${number} (012.00${proc}.000) 2026-11-28 03:00:00 ${text}\n...\n`;
const userLog =
  [0, 1, 2, 3, 4].map((proc) =>
    event("000", proc, "Job submitted from host: <1.2.3.4>")
  ).join("") + event("009", 2, "Job was aborted.");

Deno.test("events check names missing terminal events, and --append writes them once", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const queue = join(folder, "job_queue.log"), log = join(folder, "events");
    Deno.writeTextFileSync(queue, queueLog);
    Deno.writeTextFileSync(log, userLog);
    const check = async (...more: string[]) => {
      const { out: stdout, status: code } = await lumberjack(
        ...["events", "check", log, "--queue", queue, ...more],
      );
      return { stdout, code };
    };
    const first = await check("--json");
    assertEquals(first.code, 4);
    assertEquals(JSON.parse(first.stdout), {
      log,
      format: "classic",
      jobs: 5,
      ended: 1,
      unfinished: 1,
      missing: [{ id: "12.1", status: "completed", where: "queue" }],
      away: ["12.3"],
      contradicting: [{ id: "12.2", status: "idle", where: "queue" }],
      unknown: ["12.4"],
      appended: 0,
    });
    assertEquals(Deno.readTextFileSync(log), userLog);
    if (Deno.uid() !== 0) return;
    const second = await check("--append");
    assertStringIncludes(second.stdout, "1 terminal event appended");
    const last = readEvents(Deno.readFileSync(log)).at(-1)!;
    assertEquals([last.number, last.proc], [5, 1]);
    assertEquals(last.ad.evaluate("ReturnValue"), 7n);
    const third = JSON.parse((await check("--append", "--json")).stdout);
    assertEquals([third.missing, third.appended, third.ended], [[], 0, 2]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("events check names a log that does not exist", async () => {
  const { err: stderr, status: code } = await lumberjack(
    ...["events", "check", "/no/such/log", "--queue", "/no/such/queue"],
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "/no/such");
});

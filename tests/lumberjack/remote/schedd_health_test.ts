import { assertEquals } from "@std/assert";
import { lastFatalError } from "../../../lib/lumberjack/remote/schedd_health.ts";

Deno.test("lastFatalError() is the last ERROR of a log, or undefined", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const log = `${folder}/SchedLog`;
    assertEquals(lastFatalError(log), undefined);
    await Deno.writeTextFile(log, "11/30/26 16:00:00 DaemonCore: started\n");
    assertEquals(lastFatalError(log), undefined);
    const errors = [
      'ERROR "the first" at line 1 in file a.cpp',
      'ERROR "SPOOL has the "wrong" version 99." at line 12 in file b.cpp',
      "the schedd ends",
    ];
    for (const error of errors) {
      const line = `11/30/26 16:00:00 (pid:1) ${error}\n`;
      await Deno.writeTextFile(log, line, { append: true });
    }
    assertEquals(lastFatalError(log), 'SPOOL has the "wrong" version 99');
    // An old error, followed by much that is new.
    await Deno.writeTextFile(log, "x".repeat(100_000), { append: true });
    assertEquals(lastFatalError(log), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { journalName } from "../../../../lib/lumberjack/files/events/journal.ts";
import { readEvents, type UserLogEvent } from "../../../../lib/user_log/mod.ts";
import { type Bench, bench, execute, job, size, terminated } from "./bench.ts";

const remote = execute + size + terminated(0);

/**
 * Runs an append to its end. Returns the log before and after, and the journal.
 */
async function completeAppend(at: Bench) {
  const before = Deno.readFileSync(at.log);
  await at.append([job(at, remote)]);
  const log = Deno.readFileSync(at.log);
  const journal = Deno.readFileSync(join(at.folder, journalName));
  return { before, log, journal, begun: journal.indexOf(10) + 1 };
}

function restore(at: Bench, log: Uint8Array, journal: Uint8Array): void {
  // The file must keep its inode, by which the journal knows the log.
  const file = Deno.openSync(at.log, { write: true, truncate: true });
  file.writeSync(log);
  file.close();
  Deno.writeFileSync(join(at.folder, journalName), journal);
}

Deno.test("if an append is killed at any byte, the next one completes it: no byte is missing or doubled", async () => {
  using at = bench();
  const { before, log, journal, begun } = await completeAppend(at);
  const jobs = [job(at, remote)];
  const check = async (state: string) => {
    await at.append(jobs);
    assertEquals(at.text(), new TextDecoder().decode(log), state);
  };
  // It was killed while it began the journal's entry: the log is unchanged.
  for (let cut = 0; cut < begun; cut += 37) {
    restore(at, before, journal.subarray(0, cut));
    await check(`journal ${cut}`);
  }
  // It was killed while it wrote the log.
  for (let cut = before.length; cut <= log.length; cut += 3) {
    restore(at, log.subarray(0, cut), journal.subarray(0, begun));
    await check(`log ${cut}`);
  }
  // It was killed while it finished the journal's entry.
  for (let cut = begun; cut <= journal.length; cut++) {
    restore(at, log, journal.subarray(0, cut));
    await check(`done ${cut}`);
  }
});

Deno.test("if another writer appends after a killed append, its events stay, and no event of ours is missing or doubled", async () => {
  using at = bench();
  const { before, log, journal, begun } = await completeAppend(at);
  const jobs = [job(at, remote)];
  const other = new TextEncoder().encode(
    "000 (013.000.000) 2026-11-28 03:20:00 Job submitted from host: <1.2.3.4>\n...\n",
  );
  for (let cut = before.length; cut <= log.length; cut += 11) {
    const torn = new Uint8Array([...log.subarray(0, cut), ...other]);
    restore(at, torn, journal.subarray(0, begun));
    await at.append(jobs);
    const readable = (events: UserLogEvent[]) =>
      events.filter((event) => event.cluster === 12 && !event.problem)
        .map(({ number, bytes }) => `${number} ${bytes.length}`);
    const ours = readable(readEvents(Deno.readFileSync(at.log)));
    const expected = readable(readEvents(log));
    for (const event of expected) assert(ours.includes(event), `cut ${cut}`);
    // An incomplete event may have become readable together with the text
    // after it.
    assertEquals(
      ours.filter((event) => expected.includes(event)),
      expected,
      `cut ${cut}`,
    );
  }
});

Deno.test("if the log was replaced in the meantime, it is searched from its start", async () => {
  using at = bench();
  const { log, journal, begun } = await completeAppend(at);
  Deno.removeSync(at.log);
  Deno.writeFileSync(at.log, log);
  Deno.writeFileSync(join(at.folder, journalName), journal.subarray(0, begun));
  await at.append([job(at, remote)]);
  assertEquals(at.text(), new TextDecoder().decode(log));
});

Deno.test("if the process is killed again and again, each event is in the log exactly once at the end", async () => {
  const program = fromFileUrl(new URL("append_program.ts", import.meta.url));
  for (let round = 0; round < 2; round++) {
    using at = bench();
    const count = 150;
    for (let tries = 0;; tries++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, at.folder, String(count)],
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      // The program prints a line when it begins.
      const reader = child.stdout.getReader();
      await reader.read();
      // Each attempt gets twice as long as the one before. So even a busy
      // machine completes the work after a few kills.
      const delay = (round + 1) * 7 * 2 ** tries;
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // The program has already ended.
        }
      }, delay);
      const { success } = await child.status;
      clearTimeout(timer);
      await reader.cancel();
      if (success) break;
    }
    for (const path of [at.log, at.nodes]) {
      const events = readEvents(Deno.readFileSync(path));
      const ids = events.filter(({ number }) => number !== 0).map((event) =>
        `${event.number} ${event.proc}`
      );
      assertEquals(new Set(ids).size, ids.length, path);
      assertEquals(ids.length, 2 * count, path);
    }
  }
});

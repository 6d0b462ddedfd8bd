import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { journalName } from "../../../../lib/lumberjack/files/events/journal.ts";
import { readEvents, type UserLogEvent } from "../../../../lib/user_log/mod.ts";
import { type Bench, bench, execute, job, size, terminated } from "./bench.ts";

const remote = execute + size + terminated(0);

/** Runs an import to its end, and returns what it left. */
async function whole(at: Bench) {
  const before = Deno.readFileSync(at.log);
  await at.append([job(at, remote)]);
  const log = Deno.readFileSync(at.log);
  const journal = Deno.readFileSync(join(at.folder, journalName));
  return { before, log, journal, begun: journal.indexOf(10) + 1 };
}

function restore(at: Bench, log: Uint8Array, journal: Uint8Array): void {
  // In place: the journal knows the log by its inode.
  const file = Deno.openSync(at.log, { write: true, truncate: true });
  file.writeSync(log);
  file.close();
  Deno.writeFileSync(join(at.folder, journalName), journal);
}

Deno.test("an append that was killed at any byte is completed, no byte twice and none missing", async () => {
  using at = bench();
  const { before, log, journal, begun } = await whole(at);
  const jobs = [job(at, remote)];
  const check = async (state: string) => {
    await at.append(jobs);
    assertEquals(at.text(), new TextDecoder().decode(log), state);
  };
  // Killed while it began the journal's entry: nothing is in the log yet.
  for (let cut = 0; cut < begun; cut += 37) {
    restore(at, before, journal.subarray(0, cut));
    await check(`journal ${cut}`);
  }
  // Killed while it wrote the log.
  for (let cut = before.length; cut <= log.length; cut += 3) {
    restore(at, log.subarray(0, cut), journal.subarray(0, begun));
    await check(`log ${cut}`);
  }
  // Killed while it finished the entry.
  for (let cut = begun; cut <= journal.length; cut++) {
    restore(at, log, journal.subarray(0, cut));
    await check(`done ${cut}`);
  }
});

Deno.test("what another writer appended after a killed append stays, and no event of ours is missing or doubled", async () => {
  using at = bench();
  const { before, log, journal, begun } = await whole(at);
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
    // A torn event may have become readable with what follows it.
    assertEquals(
      ours.filter((event) => expected.includes(event)),
      expected,
      `cut ${cut}`,
    );
  }
});

Deno.test("a log that was replaced since is searched from its start", async () => {
  using at = bench();
  const { log, journal, begun } = await whole(at);
  Deno.removeSync(at.log);
  Deno.writeFileSync(at.log, log);
  Deno.writeFileSync(join(at.folder, journalName), journal.subarray(0, begun));
  await at.append([job(at, remote)]);
  assertEquals(at.text(), new TextDecoder().decode(log));
});

Deno.test("a process that is killed again and again ends with each event once", async () => {
  const program = fromFileUrl(new URL("append_program.ts", import.meta.url));
  for (let round = 0; round < 3; round++) {
    using at = bench();
    const count = 150;
    for (let tries = 0;; tries++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, at.folder, String(count)],
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      // It says so when it begins.
      const reader = child.stdout.getReader();
      await reader.read();
      // Each attempt gets half as much time again as the one before, so that
      // a busy machine gets to the end after some ten kills, too.
      const delay = (round + 1) * 7 * 1.5 ** tries;
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended already.
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

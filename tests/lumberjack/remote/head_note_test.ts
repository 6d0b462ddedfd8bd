import { assert, assertEquals } from "@std/assert";
import {
  hasOtherHead,
  HeadNotes,
  Pulse,
  readHeadNote,
} from "../../../lib/lumberjack/remote/head_note.ts";
import { Folder } from "../queue_fixture.ts";

const note = {
  ...{ run: "0badcafe-0000", machine: "other.node", host: "10.0.0.1" },
  ...{ port: 9618, user: { name: "alice", domain: "home.test" } },
  ...{ lastStart: null, end: null, margin: 60, batchJob: null },
  ...{ plugins: false, jobTime: null },
};

function spoolFolder(): Folder {
  const folder = new Folder();
  Deno.mkdirSync(folder.join("lumberjack/pool"), { recursive: true });
  return folder;
}

Deno.test("workers see that a head lives by notes that change, whatever its clock says", async () => {
  using folder = spoolFolder();
  const pulse = new Pulse();
  pulse.take(readHeadNote(folder.path));
  assertEquals(pulse.changes, 0);
  {
    using notes = new HeadNotes(folder.path, note);
    pulse.take(readHeadNote(folder.path));
    pulse.take(readHeadNote(folder.path));
    // A note that lies there may be that of a head that was killed.
    assertEquals(pulse.changes, 0);
    notes.stopping();
    pulse.take(readHeadNote(folder.path));
    assertEquals(pulse.changes, 1);
    assertEquals(readHeadNote(folder.path)?.phase, "stopping");
    assertEquals(await hasOtherHead(folder.path), true);
  }
  assertEquals(readHeadNote(folder.path)?.phase, "ended");
  assertEquals(await hasOtherHead(folder.path), false);
  assert(pulse.silence < 60);
});

Deno.test("a note that is torn or hostile is no note", () => {
  using folder = spoolFolder();
  const path = folder.join("lumberjack/pool/head");
  const whole = { ...note, beat: 1, phase: "running", now: 0 };
  Deno.writeTextFileSync(path, JSON.stringify(whole));
  assertEquals(readHeadNote(folder.path)?.host, "10.0.0.1");
  const wrong = [
    { host: "10.0.0.1\nSTART = True" },
    { user: { name: "alice\nX = 1", domain: "d" } },
    { user: null },
    { phase: "gone" },
    { end: "soon" },
    { plugins: "no" },
    { jobTime: "X) || (1" },
    { port: 1.5 },
  ];
  for (const fields of wrong) {
    Deno.writeTextFileSync(path, JSON.stringify({ ...whole, ...fields }));
    assertEquals(readHeadNote(folder.path), undefined, JSON.stringify(fields));
  }
  Deno.writeTextFileSync(path, JSON.stringify(whole).slice(0, 40));
  assertEquals(readHeadNote(folder.path), undefined);
});

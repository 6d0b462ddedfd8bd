import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  defaultFormat,
  type EventFormat,
  localZone,
  readEvents,
  UserLogError,
  type UserLogEvent,
  utcZone,
  writeEvent,
} from "../../lib/user_log/mod.ts";
import { pairs, realLogs, withoutWhatAdsLack } from "./real_logs.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const one = (log: string): UserLogEvent => {
  const events = readEvents(new TextEncoder().encode(log));
  assertEquals(events.length, 1);
  return events[0];
};

Deno.test("an event written in the format of its log has the same bytes", () => {
  for (const { name, bytes, format } of realLogs) {
    const written = readEvents(bytes)
      .map((event) => text(writeEvent(event, format))).join("");
    assertEquals(written, text(bytes), name);
  }
});

Deno.test("an event written in another format has the bytes that HTCondor writes in that format", () => {
  let count = 0;
  for (const [a, b] of [...pairs, ...pairs.map(([a, b]) => [b, a] as const)]) {
    const theirs = readEvents(b.bytes).map(({ bytes }) => text(bytes));
    for (const [at, event] of readEvents(a.bytes).entries()) {
      const ours = text(writeEvent(event, b.format));
      assertEquals(
        withoutWhatAdsLack(ours),
        withoutWhatAdsLack(theirs[at]),
        `${a.name} to ${b.name}`,
      );
      count++;
    }
  }
  assert(count > 80, `only ${count} events`);
});

Deno.test("the header has the date, the zone and the fraction that the format names", () => {
  const event = one(
    "009 (012.003.000) 2026-11-28 03:12:00.250Z Job was aborted.\n...\n",
  );
  const header = (format: Partial<EventFormat>) =>
    text(writeEvent(event, { ...defaultFormat, ...format }, { zone: utcZone }))
      .split(" Job")[0];
  assertEquals(header({}), "009 (012.003.000) 2026-11-28 03:12:00");
  assertEquals(header({ isoDate: false }), "009 (012.003.000) 11/28 03:12:00");
  assertEquals(
    header({ utc: true, subSecond: true }),
    "009 (012.003.000) 2026-11-28 03:12:00.250Z",
  );
  const local = localZone.toFields(event.time.seconds).hour;
  const ours = text(writeEvent(event, defaultFormat));
  assertEquals(ours.slice(29, 31), String(local).padStart(2, "0"));
});

Deno.test("an event of an unknown kind keeps its body", () => {
  const log = "077 (012.000.000) 2026-11-28 03:12:00 Something new\n" +
    "\tA = 1\n\twords that are no attribute\n...\n";
  const event = one(log);
  assertEquals(text(writeEvent(event, defaultFormat)), log);
  const json = text(writeEvent(event, { ...defaultFormat, log: "json" }));
  const { EventHead, A, MyType } = JSON.parse(json);
  assertEquals([EventHead, A, MyType], ["Something new", 1, "FutureEvent"]);
  const back = text(writeEvent(one(json), defaultFormat));
  assertEquals(back, log.split("\n\tA")[0] + "\nA = 1\n...\n");
});

Deno.test("a line break in an attribute does not become a second event", () => {
  const reason = "gone\n...\n005 (012.000.000) 2026-11-28 03:12:00 Job term";
  const json = JSON.stringify({
    EventTypeNumber: 12,
    EventTime: "2026-11-28T03:12:00",
    Cluster: 12,
    Proc: 0,
    Subproc: 0,
    HoldReason: reason,
    HoldReasonCode: 1,
  });
  const written = writeEvent(one(json + "\n"), defaultFormat);
  const events = readEvents(written);
  assertEquals(events.map(({ number }) => number), [12]);
  assertEquals(
    events[0].ad.evaluate("HoldReason"),
    reason.replaceAll("\n", " "),
  );
});

Deno.test("writeEvent() refuses an event that HTCondor's reader would refuse", () => {
  const event = one(
    "005 (012.000.000) 2026-11-28 03:12:00 Job is over and done.\n...\n",
  );
  const error = assertThrows(
    () => writeEvent(event, defaultFormat),
    UserLogError,
    "cannot be written",
  );
  assertEquals(error.subject, "ULOG_JOB_TERMINATED of job 12.0");
});

import { assertEquals } from "@std/assert";
import { readEvents } from "../../../lib/user_log/mod.ts";
import {
  bench,
  execute,
  job,
  submit,
  terminated,
} from "../files/events/bench.ts";

/** When the job ended, in seconds since 1970, by a clock that is right. */
const ended = 1795835520;

/** Returns a remote log as a machine with another clock and zone writes it. */
function written(text: string, ahead: number, zone: number | undefined) {
  return text.replace(/(\d{4}-\d\d-\d\d) ([\d:]{8})Z/g, (_, date, time) => {
    const seconds = Date.parse(`${date}T${time}Z`) / 1000 + ahead +
      (zone ?? 0);
    const shifted = new Date(1000 * seconds).toISOString();
    const local = `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}`;
    return zone === undefined ? `${local}Z` : local;
  });
}

for (const ahead of [-3600, 3600]) {
  Deno.test(`if the remote clock is an hour ${ahead < 0 ? "behind" : "ahead"}, the user log gets each event once, in order, with the times of that clock`, async () => {
    // UTC, and local times of two zones.
    for (const zone of [undefined, 0, 5.75 * 3600]) {
      using at = bench(submit.replace("00:00 ", "00:00Z "));
      const remote = written(execute + terminated(0), ahead, zone);
      const dates = `CompletionDate = ${ended + ahead}\n` +
        `EnteredCurrentStatus = ${ended + ahead}\n`;
      const jobs = [job(at, remote, dates)];
      const { appended, dropped } = await at.append(jobs);
      assertEquals([appended, dropped.size], [2, 0]);
      assertEquals(at.numbers(), [0, 1, 5]);
      const [, began, end] = readEvents(Deno.readFileSync(at.log));
      assertEquals(end.time.seconds, ended + ahead, `zone ${zone}`);
      assertEquals(end.time.seconds - began.time.seconds, 23);
      assertEquals((await at.append(jobs)).appended, 0);
    }
  });
}

Deno.test("an unfinished job of a machine with a wrong clock gets no terminal event", async () => {
  for (const ahead of [-3600, 3600]) {
    using at = bench();
    const idle = `JobStatus = 1\nEnteredCurrentStatus = ${ended + ahead}\n`;
    await at.append([job(at, written(execute, ahead, undefined), idle)]);
    assertEquals(at.numbers(), [0, 1, 4]);
  }
});

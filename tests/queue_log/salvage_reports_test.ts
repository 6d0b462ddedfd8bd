/**
 * Damage that was reported in public, rebuilt as small files. The tickets are
 * those of HTCondor's version history.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  QueueTable,
  salvageBytes,
  verifyBytes,
} from "../../lib/queue_log/mod.ts";
import { bytesOf } from "./properties.ts";
import {
  loadAsSchedd,
  loadNamed,
  otherReports,
  reports,
} from "./reported_damage.ts";

for (const report of reports) {
  Deno.test(`the salvage of ${report.name}`, () => {
    const bytes = bytesOf(report.log);
    assertEquals(verifyBytes(bytes).verdict, report.verdict);
    const { report: said, log } = salvageBytes(bytes, {
      from: report.from?.map(bytesOf),
    });
    assertEquals(verifyBytes(log).verdict, "start");
    assertEquals(loadAsSchedd(log).verdict, "start");
    assertEquals(said.damage.map(({ kind }) => kind), report.damage);
    const table = QueueTable.read(log);
    const jobs = [...table.procs()].map((ad) =>
      `${ad.key}:${ad.text("JobStatus")}`
    );
    assertEquals(jobs, report.jobs);
    // Each job that does not come out as it was has a reason.
    const kept = new Set(report.untouched);
    for (const job of jobs) {
      const [id] = job.split(":");
      const change = said.changes.find((each) => each.id === id);
      assertEquals(change === undefined, kept.has(id), job);
    }
  });
}

for (const { name, kind, log, ads, verdict } of otherReports) {
  Deno.test(`the salvage of ${name}`, () => {
    const bytes = bytesOf(log);
    assertEquals(verifyBytes(bytes, "log", { kind }).verdict, verdict);
    const salvaged = salvageBytes(bytes);
    assertEquals(salvaged.report.kind, kind);
    assertEquals(salvaged.report.damage.map((each) => each.kind), [
      "spaced-key",
    ]);
    const model = loadNamed(salvaged.log);
    assertEquals(model.verdict, "start");
    assertEquals([...model.ads.keys()], ads);
    assertEquals(salvaged.report.changes, []);
  });
}

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { HistoryEvent } from "../../../lib/lumberjack/site/journal/history.ts";
import { runPass } from "../../../lib/lumberjack/site/pass.ts";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import {
  nextExports,
  type ReadyJob,
} from "../../../lib/lumberjack/site/site_jobs.ts";
import { lastThoseThatStayed } from "../../../lib/lumberjack/site/stayed.ts";
import { explainJob } from "../../../lib/lumberjack/site/why.ts";
import { Folder, queueLog } from "../queue_fixture.ts";
import { LogQueue } from "./log_queue.ts";

function sites(folder: Folder) {
  const knobs = {
    ...{ SITES: "A", A_CONSTRAINT: 'Want == "A"', A_REMOTE_SPOOL: "/spool" },
    ...{ A_SHIP: folder.join("ship"), A_FETCH: folder.join("fetch") },
  };
  return readSites(
    Object.entries(knobs).map(([name, value]) => ({
      ...{ name: `LUMBERJACK_${name}`, value, place: "here" },
    })),
  );
}

Deno.test("a job whose files cannot leave is named once in the history, and why gives the reason", async () => {
  using folder = new Folder();
  for (const name of ["ship", "fetch", "passes"]) folder.mkdir(name);
  const attributes = { Want: '"A"', Owner: '"nobody-of-this-host"' };
  const log = folder.write(
    "queue.log",
    queueLog([{ cluster: 1, attributes, procs: [{}, {}] }]),
  );
  const said: HistoryEvent[] = [];
  for (const minute of [1, 2]) {
    await runPass(new LogQueue(log, () => {}), {
      sites: sites(folder),
      folder: folder.join("passes"),
      note: (event) => said.push(event),
      now: () => new Date(Date.UTC(2026, 10, 30, 8, minute)),
    });
  }
  assertEquals(said.map(({ event, jobs }) => [event, jobs]), [["stayed", 2]]);
  const reason = /^1\.0: (.+)$/.exec(said[0].problem ?? "")?.[1];
  assert(reason !== undefined, said[0].problem);
  const { sites: [answer] } = await explainJob(
    new LogQueue(log, () => {}),
    { cluster: 1, proc: 1 },
    sites(folder),
    (name) => SiteFolder.find(folder.join("passes"), name),
  );
  assertMatch(answer.reasons.join("\n"), /^the last pass left it here: .+$/);
  assertEquals(folder.list("passes/A/exports"), []);
});

Deno.test("jobs that stayed do not take the room of jobs that can go", () => {
  const jobs = [1, 2, 3].map((cluster): ReadyJob => ({
    ...{ cluster, proc: 0, owner: "alice", since: 0 },
  }));
  const ready = lastThoseThatStayed(jobs, { "1.0": "no file", "2.0": "none" });
  assertEquals(ready.map(({ cluster }) => cluster), [3, 1, 2]);
  const site = { minJobs: 1, maxWait: 0 } as Parameters<
    typeof nextExports
  >[0]["site"];
  const [[, chosen]] = nextExports({ site, ready }, 1, 100);
  assertEquals(chosen.map(({ cluster }) => cluster), [3]);
  assertEquals(lastThoseThatStayed(jobs), jobs);
});

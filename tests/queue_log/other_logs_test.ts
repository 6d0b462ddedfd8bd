import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  diffTables,
  kindOfLog,
  type LogKind,
  logStats,
  QueueTable,
  salvageBytes,
  verify,
  verifyBytes,
} from "../../lib/queue_log/mod.ts";
import { lumberjack } from "../commands/command_line.ts";
import { bytesOf, checkQuick } from "./properties.ts";
import {
  campaignOfOthers,
  loadNamed,
  otherOriginals,
} from "./salvage_campaign.ts";

const folder = new URL("data/", import.meta.url).pathname;
const accountant = join(folder, "accountant-trixie.log");
const collector = join(folder, "collector-trixie.log");

function outcome(text: string, from?: string[], kind?: LogKind) {
  const { report, log } = salvageBytes(bytesOf(text), {
    from: from?.map(bytesOf),
    kind,
  });
  assertEquals(
    verifyBytes(log, "log", { kind: report.kind }).verdict,
    "start",
  );
  return {
    report,
    damage: report.damage.map(({ kind, line }) => `${kind} ${line}`),
    changes: report.changes.map(({ id, change }) => `${id} ${change}`),
    table: QueueTable.read(log, { kind: report.kind }),
  };
}

Deno.test("the ads of the negotiator's and the collector's logs are those of the model", () => {
  for (const { name, kind, text, model } of otherOriginals()) {
    assertEquals(kindOfLog(join(folder, "..", name)), kind);
    const table = QueueTable.read(bytesOf(text), { kind });
    const keys = [...table.ads()].map((ad) => ad.key);
    assertEquals(keys.sort(), [...model.ads.keys()].sort(), name);
    assert(keys.length > 1, name);
    for (const ad of table.ads()) {
      const expected = model.ads.get(ad.key)!.attributes;
      assertEquals(
        new Map(
          ad.names().map((each) => [each.toLowerCase(), ad.text(each)]),
        ),
        new Map([...expected].map(([each, { value }]) => [each, value])),
      );
      assertEquals(table.get(ad.key)?.offset, ad.offset);
    }
    assertEquals(table.get("Customer.nobody"), undefined);
    checkQuick(bytesOf(text), kind);
    checkQuick(bytesOf(text.replace("103 ", "103  ")), kind);
  }
});

Deno.test("keys that are not numbers do not make another log of a job queue", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(
      path,
      "107 1 CreationTimestamp 1\n101 abc Job Machine\n" +
        "101 0.0 Job Machine\n103 0.0 NextClusterNum 9\n",
    );
    assertEquals(kindOfLog(path), "job-queue");
    Deno.writeTextFileSync(path, "\0\0\0nonsense\n");
    assertEquals(kindOfLog(path), "job-queue");
    Deno.writeTextFileSync(path, "101 x (empty) (empty)\n103 x A 1\n");
    assertEquals(kindOfLog(path), "other");
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("verify() of the negotiator's log names the negotiator, and ads that it does not use", () => {
  const text = Deno.readTextFileSync(accountant);
  const check = (log: string) =>
    verifyBytes(bytesOf(log), "log", { kind: "accountant" });
  assertEquals(check(text).verdict, "start");
  assertEquals(check(text).ads.other, 6);
  const bad = check(text.replace("105 \n", "nonsense\n"));
  assertEquals(bad.summary, "a negotiator refuses to start on this log");
  const unused = check(text + "101 Resource.x * *\n103 Resource.x A 1\n");
  assertEquals(unused.problems.map(({ kind }) => kind), ["dropped-ad"]);
  assertEquals(
    unused.summary,
    "a negotiator starts on this log and silently drops 1 ad",
  );
  const nameless = verifyBytes(
    bytesOf("101 <a> Machine (empty)\n103 <a> State 1\n"),
    "log",
    { kind: "collector" },
  );
  assertEquals(nameless.problems.map(({ kind }) => kind), [
    "no-sequence",
    "dropped-ad",
  ]);
});

Deno.test("salvage() of the negotiator's log keeps every user, and names those that may be out of date", () => {
  const text = Deno.readTextFileSync(accountant);
  const sound = outcome(text);
  assertEquals([sound.damage, sound.changes], [[], []]);
  const lines = text.split("\n");
  // One of the last records of alice.
  const at = lines.findLastIndex((line) => line.includes("alice@test"));
  lines[at] = lines[at].replace("103", "1\x003");
  const { damage, changes, table } = outcome(lines.join("\n"));
  assertEquals(damage, [`nul-bytes ${at + 1}`]);
  assert(changes.includes("Customer.bob@test doubtful"), changes.join());
  const users = [...table.ads()].map((ad) => ad.key)
    .filter((key) => key.startsWith("Customer."));
  assertEquals(users, [
    "Customer.<none>",
    "Customer.alice@test",
    "Customer.bob@test",
  ]);
});

Deno.test("salvage() of the collector's log adds a machine from an older log, and leaves out one without a name", () => {
  const text = Deno.readTextFileSync(collector);
  const first = "<slot1@one.example.org>";
  const older = text;
  const begin = text.indexOf("105 ");
  const cut = text.slice(0, begin) + "zzz\n" +
    text.slice(text.indexOf("105 ", begin + 1));
  const { changes, table } = outcome(cut, [older]);
  assertEquals(table.get(first)?.text("Cpus"), "4");
  assert(changes.includes(`${first} doubtful`), changes.join());
  // The second machine is back: an older log does not bring it again.
  assertEquals(table.get("<slot1@two.example.org>"), undefined);
  const nameless = outcome(
    text.replace(/.* (Name|Machine) "(slot1@)?three.*\n/g, "zzz\n"),
  );
  assertEquals(nameless.changes.at(-1), "<slot1@three.example.org> left-out");
});

Deno.test("log show, compact, diff and stats work on the negotiator's log", async () => {
  const shown = await lumberjack("log", "show", accountant);
  assertEquals(shown.status, 0);
  assert(/^Customer\.bob@test +0\.5/m.test(shown.out), shown.out);
  const some = await lumberjack(
    ...["log", "show", accountant, "--json", "--constraint"],
    'RemoteUser == "alice@test"',
  );
  assertEquals(JSON.parse(some.out).ads.length, 2);
  const temporary = Deno.makeTempDirSync();
  try {
    const out = join(temporary, "small.log");
    const compacted = await lumberjack(
      ...["log", "compact", accountant, "--out", out],
    );
    assertEquals(compacted.status, 0);
    assertEquals(verify(out, { kind: "accountant" }).ok, true);
    using before = QueueTable.open(accountant, { kind: "accountant" });
    using after = QueueTable.open(out, { kind: "accountant" });
    assertEquals([...diffTables(before, after)], []);
    assertEquals(
      loadNamed(Deno.readTextFileSync(out)).ads.size,
      loadNamed(Deno.readTextFileSync(accountant)).ads.size,
    );
    const stats = logStats(accountant);
    assertEquals(stats.compacted.bytes, Deno.statSync(out).size);
    assertEquals(stats.kind, "accountant");
    assertEquals(
      stats.keys.reduce((sum, { records }) => sum + records, 0),
      [...Deno.readTextFileSync(accountant).matchAll(/^10[1-4] /gm)].length,
    );
    const diff = await lumberjack("log", "diff", accountant, out);
    assertEquals(diff.status, 0);
  } finally {
    Deno.removeSync(temporary, { recursive: true });
  }
});

Deno.test("logs of other daemons, damaged at random, are salvaged with every ad that is intact", () => {
  const tally = campaignOfOthers(1, 150);
  assertEquals(tally.logs, 150);
  assert(tally.kept > 0 && tally.sound < 150);
});

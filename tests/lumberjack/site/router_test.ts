import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import { cleanup } from "../../../lib/lumberjack/site/router/cleanup.ts";
import { finalize } from "../../../lib/lumberjack/site/router/finalize.ts";
import {
  type AskStages,
  sweepStages,
} from "../../../lib/lumberjack/site/router/sweep.ts";
import { translate } from "../../../lib/lumberjack/site/router/translate.ts";
import { update } from "../../../lib/lumberjack/site/router/update.ts";

const route = '[ Name = "LumberjackCopy_ALCF"; TargetUniverse = 5 ]';

/** A user's folder with a job's files, and a folder for staged files. */
function home() {
  const top = Deno.makeTempDirSync();
  const stageFolder = join(top, "job-router");
  for (const name of ["job-router", "alice", "alice/data", "alice/logs"]) {
    Deno.mkdirSync(join(top, name));
  }
  Deno.writeTextFileSync(join(top, "alice/run.sh"), "#!/bin/sh\n");
  Deno.writeTextFileSync(join(top, "alice/data/secret"), "treasure\n");
  const source = [
    "ClusterId = 12",
    "ProcId = 3",
    'Owner = "alice"',
    `Iwd = "${top}/alice"`,
    'Cmd = "run.sh"',
    'TransferInput = "data/"',
    'Out = "logs/out"',
    'Err = "/dev/null"',
    "StreamOut = false",
    'TransferOutput = "result"',
    'TransferOutputRemaps = "result = logs/result"',
    'UserLog = "job.log"',
    'ShouldTransferFiles = "YES"',
    "",
  ].join("\n");
  return {
    ...{ top, stageFolder, source },
    /** The folder of the routing, of which there is one. */
    get stage() {
      const [{ name }] = Deno.readDirSync(join(stageFolder, "alice"));
      return join(stageFolder, "alice", name);
    },
    options: { stageFolder, presentThere: () => [] },
    [Symbol.dispose]: () => Deno.removeSync(top, { recursive: true }),
  };
}

const everythingBelow = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? everythingBelow(join(folder, name)).map((path) => `${name}/${path}`)
      : [name]
  ).sort();

Deno.test("translate stages inputs, and the copy names nothing of the user's folders", async () => {
  using it = home();
  const copy = await translate(`${route}\n------\n${it.source}`, it.options);
  assertEquals(copy.includes(join(it.top, "alice")), false);
  assertMatch(copy, /^Iwd = ".*\/alice\/12\.3\.\d+T\d+Z-\w+\/outputs"$/m);
  assertMatch(copy, /^Cmd = ".*\/12\.3\.\w+-\w+\/inputs\/2\/run\.sh"$/m);
  assertMatch(
    copy,
    /^TransferInput = ".*\/12\.3\.\w+-\w+\/inputs\/1\/data\/"$/m,
  );
  assertMatch(copy, /^Out = "_condor_stdout"$/m);
  assertEquals(/UserLog|Remaps/.test(copy), false);
  assertEquals(everythingBelow(it.stage), [
    ...["inputs/1/data/secret", "inputs/2/run.sh", "source.ad"],
  ]);
});

Deno.test("the ad of a job of another route comes back as it is", async () => {
  using it = home();
  const text = `[ Name = "Other" ]\n------\n${it.source}`;
  assertEquals(await translate(text, it.options), it.source);
  assertEquals(everythingBelow(it.stageFolder), []);
});

Deno.test("a job without one of its inputs is not routed, and leaves nothing", async () => {
  using it = home();
  Deno.removeSync(join(it.top, "alice/run.sh"));
  await assertRejects(
    () => translate(`${route}\n------\n${it.source}`, it.options),
    LumberjackError,
    "the job cannot be routed",
  );
  assertEquals(everythingBelow(it.stageFolder), []);
});

Deno.test("finalize brings outputs to the places that the source names; cleanup leaves nothing, and may have to do the same", async () => {
  for (const isKilled of [false, true]) {
    using it = home();
    const ad = await translate(`${route}\n------\n${it.source}`, it.options);
    const copy = ad + 'JobStatus = 4\nRoutedFromJobId = "12.3"\n';
    Deno.writeTextFileSync(join(it.stage, "outputs", "result"), "42\n");
    Deno.writeTextFileSync(join(it.stage, "outputs", "_condor_stdout"), "hi\n");
    if (!isKilled) await finalize(`${it.source}\n------\n${copy}`);
    await cleanup(copy, () => Promise.reject(new Error("not for this")));
    assertEquals(everythingBelow(join(it.top, "alice/logs")), [
      "out",
      "result",
    ]);
    assertEquals([...Deno.readDirSync(it.stageFolder)], []);
    // Again, as after a router that was killed.
    await cleanup(copy);
  }
});

Deno.test("update tells the source where the copy is, once", async () => {
  using it = home();
  const ad = await translate(`${route}\n------\n${it.source}`, it.options);
  const copy = ad + 'RoutedFromJobId = "12.3"\nLumberjackSite = "ALCF"\n' +
    'LumberjackState = "away"\nLumberjackSince = 17\n';
  const told: string[] = [];
  const tell: Parameters<typeof update>[1] = ({ cluster, proc }, set) => {
    told.push(`${cluster}.${proc}`, ...set.map(({ value }) => value));
    return Promise.resolve();
  };
  const answer = await update(copy, tell);
  assertEquals(told, ["12.3", '"away"', "17", '"ALCF"']);
  assertEquals(await update(copy + answer, tell), "");
  assertEquals(told.length, 4);
  assertEquals(await update(ad, tell), "");
});

Deno.test("a folder for staged files that is somewhere else is refused", async () => {
  const copy = 'ClusterId = 1\nProcId = 0\nLumberjackStage = "/home/alice"\n';
  await assertRejects(
    () => cleanup(copy),
    LumberjackError,
    "not a folder for staged files",
  );
});

Deno.test("an earlier copy that is still in the queue has its own folder, and its cleanup leaves that of the later copy", async () => {
  using it = home();
  const routeAgain = (named: readonly string[]) => {
    const folder = join(it.stageFolder, "alice");
    const before = folderNames(folder);
    return translate(`${route}\n------\n${it.source}`, {
      ...it.options,
      ask: () =>
        Promise.resolve({
          named: new Set(named.map((name) => join(folder, name))),
          routed: new Set(["12.3"]),
        }),
    }).then((ad) => ({
      ad: ad + 'RoutedFromJobId = "12.3"\n',
      name: folderNames(folder).find((name) => !before.includes(name))!,
    }));
  };
  const first = await routeAgain([]);
  const second = await routeAgain([first.name]);
  const outputs = join(it.stageFolder, "alice", second.name, "outputs");
  Deno.writeTextFileSync(join(outputs, "result"), "42\n");
  const told: string[] = [];
  const tell = () => Promise.resolve(void told.push("told"));
  await cleanup(first.ad, tell);
  assertEquals(folderNames(join(it.stageFolder, "alice")), [second.name]);
  assertEquals(Deno.readTextFileSync(join(outputs, "result")), "42\n");
  assertEquals(told, []);
  // What a killed hook has left goes as soon as the source is routed again.
  const third = await routeAgain([]);
  assertEquals(folderNames(join(it.stageFolder, "alice")), [third.name]);
  await cleanup(third.ad, tell);
  assertEquals(told, ["told"]);
  assertEquals(folderNames(it.stageFolder), []);
});

/** Returns the names in a folder; none if it does not exist. */
function folderNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

Deno.test("what a killed hook has left is removed when no job names it and its source is not routed any more", async () => {
  const top = Deno.makeTempDirSync();
  try {
    const now = new Date("2026-11-30T12:00:00Z");
    const hours = (count: number) => new Date(now.getTime() - count * 3.6e6);
    const [early, late] = ["1.0.20261130T090000Z-a", "1.0.20261130T100000Z-b"];
    const [away, gone] = ["2.0.20261130T090000Z-c", "3.0"];
    const young = "4.0.20261130T110000Z-d";
    for (
      const [name, age] of [
        ...[[early, 2], [late, 2], [away, 2], [gone, 2], [young, 0.5]],
        ["notes", 9],
      ] as const
    ) {
      Deno.mkdirSync(join(top, name, "inputs"), { recursive: true });
      Deno.utimeSync(join(top, name), hours(age), hours(age));
    }
    const asked: number[] = [];
    const ask: AskStages = (stages) => {
      asked.push(stages.length);
      return Promise.resolve({
        named: new Set([join(top, away)]),
        routed: new Set(["1.0"]),
      });
    };
    await sweepStages(top, { now, ask });
    // Within an hour nothing is asked again.
    await sweepStages(top, { now: hours(-0.4), ask });
    assertEquals(asked, [4]);
    const left = [late, away, young, "notes"].sort();
    assertEquals(folderNames(top), left);
    // If the schedd cannot be asked, everything stays.
    await sweepStages(top, {
      now: hours(-3),
      ask: () => Promise.reject(new Error("gone")),
    });
    assertEquals(folderNames(top), left);
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
});

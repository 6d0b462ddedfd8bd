import { assertEquals, assertRejects } from "@std/assert";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import { carry } from "../../../lib/lumberjack/site/carry.ts";
import { Folder } from "../queue_fixture.ts";

const id = "20261128T120000Z-0badcafe";

/** The folders of both sides, on one host. */
function sides() {
  const folder = new Folder();
  const [ship, fetch, here, out] = ["ship", "fetch", "in", "out"]
    .map((name) => folder.mkdir(name));
  const run = () =>
    carry({
      ship: { kind: "folder", path: ship },
      fetch: { kind: "folder", path: fetch },
      ...{ in: here, out },
    });
  const names = (name: string) =>
    folder.list(name).map((path) => path.slice(name.length + 1))
      .filter((name) => !name.startsWith("."));
  return {
    folder,
    run,
    names,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

Deno.test("bundles are carried in both directions, and arrive once only", async () => {
  using both = sides();
  const { folder, run, names } = both;
  for (
    const name of [`${id}.tar.gz`, `${id}.cancel`, ".part", "x.tar", "notes"]
  ) folder.write(`ship/${name}`, "1.0\n");
  for (const name of [`${id}.1.tar.gz`, "back.tar"]) {
    folder.write(`out/${name}`, "results");
  }
  assertEquals(await run(), {
    isBusy: false,
    arrived: [`${id}.cancel`, `${id}.tar.gz`],
    sent: [`${id}.1.tar.gz`],
    unknown: ["back.tar"],
  });
  assertEquals(names("in"), [`${id}.cancel`, `${id}.tar.gz`]);
  assertEquals(names("fetch"), [`${id}.1.tar.gz`]);

  // A remote run has taken the bundle away, and a list of cancelled jobs grew.
  Deno.removeSync(folder.join(`in/${id}.tar.gz`));
  folder.write(`ship/${id}.cancel`, "1.0\n1.1\n");
  const { arrived, sent } = await run();
  assertEquals([arrived, sent], [[`${id}.cancel`], []]);
  assertEquals(names("in"), [`${id}.cancel`]);
  assertEquals(
    Deno.readTextFileSync(folder.join(`in/${id}.cancel`)),
    "1.0\n1.1\n",
  );
  assertEquals((await run()).arrived, []);
});

Deno.test("if a run is killed between two steps, the next one brings the bundle, once", async () => {
  using both = sides();
  const { folder, run, names } = both;
  folder.write(`ship/${id}.tar.gz`, "jobs");
  await run();
  // Killed before the bundle got its place: it is noted, and waits.
  Deno.renameSync(
    folder.join(`in/${id}.tar.gz`),
    folder.join(`in/.lumberjack-carry/${id}.tar.gz`),
  );
  assertEquals((await run()).arrived, [`${id}.tar.gz`]);
  assertEquals(names("in"), [`${id}.tar.gz`]);
  // Killed before it was noted.
  Deno.renameSync(
    folder.join(`in/${id}.tar.gz`),
    folder.join(`in/.lumberjack-carry/${id}.tar.gz`),
  );
  Deno.removeSync(folder.join("in/.lumberjack-carry/carried.json"));
  assertEquals((await run()).arrived, [`${id}.tar.gz`]);
  Deno.removeSync(folder.join(`in/${id}.tar.gz`));
  assertEquals((await run()).arrived, []);
});

Deno.test("a direction that fails does not hold up the other one", async () => {
  using both = sides();
  const { folder, run, names } = both;
  folder.write(`ship/${id}.tar.gz`, "jobs");
  folder.write(`out/${id}.1.tar.gz`, "results");
  Deno.removeSync(folder.join("fetch"));
  await assertRejects(run, LumberjackError, "cannot put the bundle");
  assertEquals(names("in"), [`${id}.tar.gz`]);
  folder.mkdir("fetch");
  Deno.renameSync(folder.join("ship"), folder.join("gone"));
  await assertRejects(
    run,
    LumberjackError,
    "cannot use the folder for bundles",
  );
  assertEquals(names("fetch"), [`${id}.1.tar.gz`]);
});

Deno.test("if it is not known what has arrived, nothing arrives twice: a person decides", async () => {
  using both = sides();
  const { folder, run, names } = both;
  folder.mkdir("in/.lumberjack-carry");
  folder.write("in/.lumberjack-carry/carried.json", "{");
  folder.write(`ship/${id}.tar.gz`, "jobs");
  await assertRejects(run, LumberjackError, "which bundles have arrived");
  assertEquals(names("in"), []);
});

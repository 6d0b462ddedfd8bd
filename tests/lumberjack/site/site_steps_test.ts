import { assertEquals, assertRejects } from "@std/assert";
import { ScheddError } from "../../../lib/condor/mod.ts";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import { TransportError } from "../../../lib/lumberjack/site/transport/transport.ts";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import { SiteMemory } from "../../../lib/lumberjack/site/site_memory.ts";
import { SiteSteps } from "../../../lib/lumberjack/site/site_steps.ts";
import { Folder } from "../queue_fixture.ts";

const fails = (error: Error) => () => Promise.reject(error);

/** Does the steps of one pass, of which `broken` fail. Returns those that were done. */
async function pass(
  folder: SiteFolder,
  minute: number,
  broken: Readonly<Record<string, Error>> = {},
): Promise<string[]> {
  const said: string[] = [];
  const now = () => new Date(Date.UTC(2026, 10, 30, 8, minute));
  const memory = new SiteMemory(folder, now);
  const steps = new SiteSteps(
    memory,
    ({ event, problem = "" }) => said.push(`${event} ${problem}`.trim()),
  );
  const does = (step: string) => () => {
    said.push(step);
    return Promise.resolve();
  };
  for (const [step, way] of [["fetch", "fetchTrouble"], ["send", "trouble"]]) {
    const error = broken[step];
    await steps.run(
      ...[step, way as "trouble"] as const,
      error ? fails(error) : does(step),
    );
  }
  steps.end();
  return said;
}

Deno.test("a failed fetch does not hold up what is sent, and the other way round", async () => {
  using temporary = new Folder();
  const folder = SiteFolder.open(temporary.path, "A");
  const gone = new LumberjackError("no route");
  assertEquals(await pass(folder, 0, { fetch: gone }), [
    ...["failed fetch: no route", "send"],
  ]);
  // Only the way back waits, for a minute, then for two.
  assertEquals(await pass(folder, 0), ["send"]);
  assertEquals(await pass(folder, 1, { fetch: gone }), [
    ...["failed fetch: no route", "send"],
  ]);
  assertEquals(await pass(folder, 2), ["send"]);
  assertEquals(await pass(folder, 3, { send: gone }), [
    ...["fetch", "failed send: no route", "mended"],
  ]);
  assertEquals(await pass(folder, 3), ["fetch"]);
  assertEquals(await pass(folder, 4), ["fetch", "send", "mended"]);
  assertEquals(folder.readState().trouble, undefined);
});

Deno.test("a failure that cost nobody anything is tried again by the next pass", async () => {
  using temporary = new Folder();
  const folder = SiteFolder.open(temporary.path, "A");
  const local = new TransportError("the socket is gone", { isLocal: true });
  await pass(folder, 0, { send: local });
  assertEquals(await pass(folder, 0), ["fetch", "send", "mended"]);
});

Deno.test("a site that takes one export of two is not left alone for longer and longer", () => {
  using temporary = new Folder();
  const folder = SiteFolder.open(temporary.path, "A");
  let minute = 0;
  const memory = new SiteMemory(
    folder,
    () => new Date(Date.UTC(2026, 10, 30, 8, minute)),
  );
  const fail = () => memory.failed("trouble", "no route", { isCheap: false });
  for (const wait of [1, 2, 4]) {
    fail();
    minute += wait - 1;
    assertEquals(memory.isWaiting("trouble"), true);
    minute++;
    assertEquals(memory.isWaiting("trouble"), false);
  }
  memory.arrived("first");
  fail();
  const { trouble, sent } = folder.readState();
  assertEquals([trouble?.failures, Object.keys(sent)], [1, ["first"]]);
  // The trouble is as old as it was.
  assertEquals(trouble?.since, "2026-11-30T08:00:00.000Z");
  minute++;
  assertEquals(memory.isWaiting("trouble"), false);
});

Deno.test("an error of the schedd ends the pass, and no site is blamed for it", async () => {
  using temporary = new Folder();
  const folder = SiteFolder.open(temporary.path, "A");
  const error = new ScheddError("the schedd is gone");
  await assertRejects(() => pass(folder, 0, { fetch: error }), ScheddError);
  assertEquals(folder.readState().fetchTrouble, undefined);
});

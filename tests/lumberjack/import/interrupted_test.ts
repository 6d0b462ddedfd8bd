import { assert, assertEquals } from "@std/assert";
import { readManifest } from "../../../lib/lumberjack/export_dir/manifest.ts";
import { InProcessCaller } from "../../../lib/lumberjack/files/owner/in_process.ts";
import { ownerServices } from "../../../lib/lumberjack/files/owner/services.ts";
import type { JobQueue } from "../../../lib/lumberjack/queue/job_queue.ts";
import { adsOf } from "../queue_fixture.ts";
import { Away, completed } from "./files_home.ts";

const submitted = (proc: number) =>
  `000 (001.00${proc}.000) 2023-11-14 22:13:20 Job submitted from host: <127.0.0.1>\n...\n`;

/** Counts steps, and makes the import fail before or after one of them. */
class Interruption {
  readonly #step: number;
  readonly #after: boolean;
  #count = 0;
  /** Whether the step was reached. */
  happened = false;

  constructor(step: number, after: boolean) {
    this.#step = step;
    this.#after = after;
  }

  /** Returns `target`. Each call of one of the methods in `names` is a step. */
  around<T extends object>(target: T, names: readonly string[]): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name, object);
        if (typeof value !== "function") return value;
        const method = value.bind(object);
        return names.includes(String(name))
          ? (...args: unknown[]) => this.#take(() => method(...args))
          : method;
      },
    });
  }

  async #take(work: () => Promise<unknown>): Promise<unknown> {
    const isIt = ++this.#count === this.#step;
    if (isIt) this.happened = true;
    if (isIt && !this.#after) throw new Error("interrupted");
    const result = await work();
    if (isIt) throw new Error("interrupted");
    return result;
  }
}

/** Returns how many terminal events the log has for a job. */
function terminalEvents(away: Away, proc: number): number {
  const log = away.text("job.log");
  return log.split(`\n005 (001.00${proc}.000)`).length - 1;
}

/** What the manifest at home says. */
function stateOf(away: Away): string | undefined {
  return readManifest(away.folder.join("out"))?.state;
}

/**
 * HTCondor promises: a job without a lock has its terminal event in its log. When
 * no job names the export's folder any more, its manifest says that all is done.
 */
function checkPromise(away: Away): void {
  const path = away.folder.join("home.log");
  let ads: ReturnType<typeof adsOf>;
  try {
    ads = adsOf(path);
  } catch {
    return;
  }
  for (const proc of [0, 1]) {
    if (ads[`1.${proc}`].Managed === undefined) {
      assertEquals(
        terminalEvents(away, proc),
        1,
        `1.${proc} is unlocked without its terminal event`,
      );
    } else {
      assert(terminalEvents(away, proc) <= 1);
    }
  }
  const procs = Object.keys(ads).filter((id) => /^1\.\d+$/.test(id));
  if (procs.every((id) => ads[id].Managed === undefined)) {
    assertEquals(stateOf(away), "imported");
  }
  away.settle();
}

async function interruptedAt(step: number, after: boolean): Promise<boolean> {
  using away = await Away.with(
    { UserLog: '"job.log"' },
    { UserLog: '"job.log"', Out: '"out.1"' },
    { Out: '"out.2"' },
  );
  Deno.writeTextFileSync(
    `${away.home}/job.log`,
    submitted(0) + submitted(1),
  );
  for (const proc of [0, 1, 2]) away.left(proc, "_condor_stdout", `${proc}`);
  away.log({ "1.0": completed, "1.1": completed, "1.2": completed });
  const interruption = new Interruption(step, after);
  const owner = interruption.around(new InProcessCaller(ownerServices), [
    "call",
  ]);
  try {
    await away.import(
      { files: { owner } },
      (queue: JobQueue) => interruption.around(queue, ["change", "sync"]),
    );
  } catch (error) {
    if (!interruption.happened) throw error;
  }
  checkPromise(away);
  const { refused } = await away.import();
  assertEquals(refused, []);
  assertEquals(stateOf(away), "imported");
  for (const proc of [0, 1, 2]) {
    assertEquals(away.job(proc).Managed, undefined);
    assertEquals(away.job(proc).JobStatus, "4");
    assertEquals(away.text(proc === 0 ? "out" : `out.${proc}`), `${proc}`);
  }
  const events = [0, 1, 2].map((proc) => terminalEvents(away, proc));
  assertEquals(events, [1, 1, 0]);
  assertEquals(away.list(), ["job.log", "out", "out.1", "out.2"]);
  return interruption.happened;
}

Deno.test("if an import is interrupted at any step, repeating it completes it, and no job is ever unlocked without its terminal event", async () => {
  for (const after of [false, true]) {
    let step = 1;
    while (await interruptedAt(step, after)) step++;
    assert(step > 5, `only ${step} steps`);
  }
});

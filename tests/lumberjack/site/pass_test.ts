import { assert, assertEquals, assertMatch } from "@std/assert";
import { ScheddError } from "../../../lib/condor/mod.ts";
import {
  createBundle,
  extractBundle,
} from "../../../lib/lumberjack/files/bundle.ts";
import { runPass } from "../../../lib/lumberjack/site/pass.ts";
import { readSites } from "../../../lib/lumberjack/site/read_sites.ts";
import { SiteFolder } from "../../../lib/lumberjack/site/site_folder.ts";
import { troublesOf } from "../../../lib/lumberjack/site/site_trouble.ts";
import { adsOf, Folder, queueLog } from "../queue_fixture.ts";
import { LogQueue } from "./log_queue.ts";

/** One site, three jobs for it, and whoever runs them there. */
class Life implements Disposable {
  readonly folder = new Folder();
  readonly #log: string;
  /** The jobs in each bundle that has come to the site. */
  readonly arrived: string[][] = [];
  readonly #sites;
  #minute = 0;

  constructor() {
    const { folder } = this;
    for (const name of ["ship", "fetch", "there"]) folder.mkdir(name);
    this.#log = folder.write(
      "queue.log",
      queueLog([{
        cluster: 1,
        attributes: { Want: '"A"' },
        procs: [{}, {}, {}],
      }]),
    );
    this.#sites = readSites(
      Object.entries({
        SITES: "A",
        A_CONSTRAINT: 'Want == "A"',
        A_REMOTE_SPOOL: "/spool",
        A_FILES: "none",
        A_SHIP: folder.join("ship"),
        A_FETCH: folder.join("fetch"),
      }).map(([name, value]) => ({
        ...{ name: `LUMBERJACK_${name}`, value, place: "here" },
      })),
    );
  }

  get ads() {
    return adsOf(this.#log);
  }

  get site(): SiteFolder {
    return SiteFolder.open(this.folder.join("passes"), "A");
  }

  /** Runs a pass. Returns whether it came to its end. */
  async pass(step: () => void = () => {}): Promise<boolean> {
    const folder = this.folder.join("passes");
    Deno.mkdirSync(folder, { recursive: true });
    const minute = ++this.#minute;
    try {
      await runPass(new LogQueue(this.#log, step), {
        ...{ sites: this.#sites, folder, note: step },
        now: () => new Date(Date.UTC(2026, 10, 30, 8, minute)),
      });
      return true;
    } catch (error) {
      if (error instanceof ScheddError) return false;
      throw error;
    }
  }

  /** Somebody removes a job. */
  remove(id: string): void {
    if (this.ads[id].JobStatus !== "1") return;
    Deno.writeTextFileSync(this.#log, `103 ${id} JobStatus 3\n`, {
      append: true,
    });
  }

  /** The site runs the jobs of each bundle that has come. */
  async runThere(): Promise<void> {
    for (const name of this.folder.list("ship")) {
      if (!/\.tar/.test(name)) continue;
      const file = name.slice("ship/".length);
      const tree = this.folder.join("there", String(this.arrived.length));
      await extractBundle(this.folder.join(name), tree);
      Deno.removeSync(this.folder.join(name));
      const log = `${tree}/job_queue.log`;
      const jobs = Object.keys(adsOf(log)).filter((key) => /^1\.\d/.test(key));
      this.arrived.push(jobs);
      const ended = jobs.map((key) =>
        `103 ${key} JobStatus 4\n103 ${key} ExitCode 0\n`
      );
      Deno.writeTextFileSync(log, ended.join(""), { append: true });
      const [id, ...ending] = file.split(".");
      await createBundle(
        tree,
        this.folder.join("fetch", [id, "1", ...ending].join(".")),
      );
    }
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

/** Lets jobs leave, be removed and come home. The pass is killed at one step. */
async function live(killAt: number): Promise<number> {
  using life = new Life();
  let steps = 0;
  const step = () => {
    if (++steps === killAt) throw new ScheddError("killed");
  };
  for (let round = 0; round < 8; round++) {
    await life.pass(step);
    if (life.folder.list("ship").length > 0) life.remove("1.2");
    // The site is slow: the cancelled job ends there all the same.
    if (round % 2 === 1) await life.runThere();
  }
  assert(await life.pass());
  const message = `killed at step ${killAt}`;
  const ends = ["1.0", "1.1", "1.2"].map((id) => {
    const { JobStatus, Managed = "free" } = life.ads[id];
    return [id, JobStatus, Managed].join(" ");
  });
  assertEquals(ends, ["1.0 4 free", "1.1 4 free", "1.2 3 free"], message);
  assertEquals(life.arrived.flat().sort(), ["1.0", "1.1", "1.2"], message);
  const [cancel, ...others] = life.folder.list("ship");
  assertEquals(others, [], message);
  assertEquals(
    Deno.readTextFileSync(life.folder.join(cancel)),
    "1.2\n",
    message,
  );
  const { site } = life;
  for (const folder of [site.inbox, site.outbox]) {
    assertEquals([...Deno.readDirSync(folder)], [], message);
  }
  assertEquals(site.exportsAway(), [], message);
  return steps;
}

Deno.test("a pass that is killed at any step loses no job, sends none twice, and tells the site what to cancel", async () => {
  const steps = await live(0);
  assert(steps > 40, String(steps));
  // All steps take a minute on a slow machine.
  for (let at = 1; at <= steps; at += 4) await live(at);
});

Deno.test("if nothing can be fetched, new jobs are still sent", async () => {
  using life = new Life();
  life.remove("1.1");
  assert(await life.pass());
  await life.runThere();
  Deno.removeSync(life.folder.join("fetch"), { recursive: true });
  assert(await life.pass());
  assertEquals(
    life.site.readState().fetchTrouble?.problem.split(":")[0],
    "fetch",
  );
  assertEquals(life.site.readState().trouble, undefined);
  // 1.1 was never away: it is free again, and leaves while the way back fails.
  Deno.writeTextFileSync(
    life.folder.join("queue.log"),
    "103 1.1 JobStatus 1\n",
    {
      append: true,
    },
  );
  assert(await life.pass());
  assertEquals(life.arrived, [["1.0", "1.2"]]);
  assertEquals(life.folder.list("ship").length, 1);
});

/** Lets three jobs leave and end at the site. Returns the bundle and its bytes. */
async function returned(
  life: Life,
): Promise<{ path: string; bytes: Uint8Array }> {
  await life.pass();
  await life.runThere();
  const path = life.folder.join(life.folder.list("fetch")[0]);
  return { path, bytes: Deno.readFileSync(path) };
}

Deno.test("a bundle that came back cut is told with what to do at the site, and one that replaces it is imported at once", async () => {
  using life = new Life();
  const { path, bytes } = await returned(life);
  Deno.writeFileSync(path, bytes.subarray(0, bytes.length / 2));
  await life.pass();
  const [trouble, ...others] = troublesOf(life.site.readState());
  const name = path.slice(path.lastIndexOf("/") + 1);
  const [id] = name.split(".");
  assertMatch(trouble.problem, new RegExp(`^import: ${name}: .*(cut|damaged)`));
  assertEquals(trouble.advice, [
    `is it whole at the site? lumberjack bundle verify ${path}`,
    "if it is, it was damaged on the way: the next try brings it again " +
    "(lumberjack sites A retry)",
    `if not, pack it again there: rm -f ${path} && ` +
    `lumberjack remote pack --spool /spool/${id} --out ${path}`,
    "(--spool is the folder in which the site has run the export)",
  ]);
  assertEquals(others, []);
  const locked = () =>
    Object.values(life.ads).filter(({ Managed }) => Managed === '"External"');
  assertEquals(locked().length, 3);

  Deno.writeFileSync(path, bytes);
  await life.pass();
  assertEquals(locked().length, 0);
  assertEquals(troublesOf(life.site.readState()), []);
});

Deno.test("a damaged bundle is tried again less and less often, is fetched again for that, and is forgotten when the site removes it", async () => {
  using life = new Life();
  const { path, bytes } = await returned(life);
  const damaged = bytes.slice();
  damaged.fill(7, bytes.length / 2, bytes.length / 2 + 64);
  Deno.writeFileSync(path, damaged);
  const failures: (number | undefined)[] = [];
  for (let minute = 0; minute < 7; minute++) {
    await life.pass();
    failures.push(troublesOf(life.site.readState())[0]?.failures);
  }
  assertEquals(failures, [1, 2, 2, 3, 3, 3, 3]);
  Deno.removeSync(path);
  await life.pass();
  assertEquals(troublesOf(life.site.readState()), []);
});

Deno.test("a damaged bundle does not hold up the next one", async () => {
  using life = new Life();
  const { path, bytes } = await returned(life);
  Deno.writeFileSync(path.replace(".1.", ".2."), bytes);
  Deno.writeFileSync(path, bytes.subarray(0, 100));
  await life.pass();
  assertEquals(
    Object.values(life.ads).filter(({ JobStatus }) => JobStatus === "4").length,
    3,
  );
  assertEquals(troublesOf(life.site.readState()), []);
});

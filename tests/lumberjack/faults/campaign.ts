/**
 * Makes the real program fail at each of its system calls that touch files, then
 * repeats the command and compares the end with that of a run that nothing
 * disturbed.
 *
 * @module
 */
import { createBundle } from "../../../lib/lumberjack/files/bundle.ts";
import { findUser } from "../../../lib/condor/user_database.ts";
import { type Identity, loseEnds, makeHome, run, runAway } from "./scene.ts";
import { differences, type Snapshot, snapshot } from "./snapshot.ts";
import {
  canFail,
  type Fault,
  type Run,
  type Step,
  type Thread,
  Tracer,
} from "./strace.ts";
import { isThere, type Verb, verbs } from "./verbs.ts";

/** What the user asked for. */
export interface Request {
  /** The executable. */
  readonly executable: string;
  /** The command of strace. */
  readonly strace: readonly string[];
  readonly identity: Identity;
  /** A folder for the work. */
  readonly folder: string;
}

/** What was tried with one verb. */
export interface Result {
  /** How many steps a run has that nothing disturbs, by thread. */
  readonly steps: Record<string, number>;
  /** How many faults happened, by fault and thread. */
  readonly faults: Record<string, number>;
  /** How many runs ended before their fault happened. */
  missed: number;
  /** How many runs ended well in spite of the fault. */
  survived: number;
  readonly problems: string[];
  /** What was tried, and with what result: a line for each fault. */
  readonly lines: string[];
}

/** The size of the tmpfs when it is not full. */
export const roomy = "size=1g,nr_inodes=100000";

/** One verb, and everything that is needed to try it again and again. */
export class Campaign {
  readonly result: Result = {
    steps: {},
    faults: {},
    missed: 0,
    survived: 0,
    problems: [],
    lines: [],
  };
  readonly #verb: Verb;
  readonly #request: Request;
  readonly #tracer: Tracer;
  #before: Snapshot = new Map();
  #should: Snapshot = new Map();
  #round = 0;

  private constructor(verb: Verb, request: Request) {
    this.#verb = verb;
    this.#request = request;
    this.#tracer = new Tracer({
      strace: request.strace,
      folder: this.work,
      scratch: `${request.folder}/scratch`,
      before: before(request.identity),
    });
  }

  /** The command. It may name what the scene holds. */
  get #command(): readonly string[] {
    return [this.#request.executable, ...this.#verb.args(this.work)];
  }

  /** The folder that the verb works in. */
  get work(): string {
    return `${this.#request.folder}/work`;
  }

  /** Prepares the scene of a verb, and runs the verb once without a fault. */
  static async prepare(name: string, request: Request): Promise<Campaign> {
    const campaign = new Campaign(verbs[name], request);
    await campaign.#prepare();
    return campaign;
  }

  async #prepare(): Promise<void> {
    const { work } = this;
    const { identity, folder } = this.#request;
    Deno.mkdirSync(`${folder}/scratch`, { recursive: true });
    Deno.chmodSync(`${folder}/scratch`, 0o777);
    await run("rm", "-rf", work, this.#origin);
    Deno.mkdirSync(work);
    makeHome(work, identity);
    await this.#own();
    if (this.#verb.scene !== "home") {
      await this.#well([
        this.#request.executable,
        ...verbs.stage.args(work),
      ]);
      await runAway(work);
      await createBundle(`${work}/returned`, `${work}/back.tar.gz`);
      await this.#own();
    }
    if (this.#verb.scene === "imported") {
      await this.#well([
        this.#request.executable,
        ...verbs.retrieve.args(work),
      ]);
      loseEnds(work);
      await this.#own();
    }
    await run("cp", "-a", work, this.#origin);
    this.#before = await snapshot(work);
    await this.#well(this.#command);
    this.#should = await this.#settled();
  }

  get #origin(): string {
    return `${this.#request.folder}/origin`;
  }

  /** Gives the files to those whose they are. */
  async #own(): Promise<void> {
    if (Deno.uid() !== 0) return;
    const { owner, root } = this.#request.identity;
    const { work } = this;
    await run("chown", "-R", owner, root ? `${work}/home` : work);
  }

  async #well(command: readonly string[]): Promise<void> {
    const { code, stderr } = await this.#tracer.plain(command);
    if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  }

  async #restore(): Promise<void> {
    await run("rm", "-rf", this.work);
    await run("cp", "-a", this.#origin, this.work);
  }

  /** What is in the folder, without the queues that only the test keeps. */
  async #settled(): Promise<Snapshot> {
    const locked = `${this.work}/locked.log`;
    const args = this.#command;
    const updated = args[args.indexOf("--queue-out") + 1];
    // `recover` found nothing to do, and wrote no other queue.
    if (isThere(locked) && !isThere(updated)) Deno.renameSync(locked, updated);
    const all = await snapshot(this.work);
    const own = new Set(["locked.log", "merged.log"]);
    return new Map([...all].filter(([path]) => !own.has(path)));
  }

  /** Returns the steps of a run that nothing disturbs. */
  async steps(thread: Thread, reads = false): Promise<Step[]> {
    if (thread === "owner" && !this.#request.identity.root) return [];
    await this.#restore();
    const steps = await this.#tracer.count(this.#command, thread, reads);
    this.result.steps[thread] = steps.filter(({ changes }) => changes).length;
    if (reads) this.result.steps[`${thread}, reads too`] = steps.length;
    return steps;
  }

  /** Makes one step fail. Then repeats the command, and compares. */
  async fail(step: Step, fault: Fault): Promise<void> {
    if (!canFail(step, fault)) return;
    let run: Run | undefined;
    // Other calls of that name, on pipes and clocks, are not as many in each run.
    for (const drift of [0, 1, -1, 2]) {
      await this.#restore();
      const nth = Math.max(1, step.nth + drift);
      run = await this.#tracer.inject(this.#command, { ...step, nth }, fault);
      if (run.hit.length > 0) break;
    }
    const [hit] = run?.hit ?? [];
    if (run === undefined || hit === undefined) {
      this.result.missed++;
      return;
    }
    const key = `${fault} ${step.thread}`;
    this.result.faults[key] = (this.result.faults[key] ?? 0) + 1;
    await this.check(
      run,
      `${fault} at ${step.thread} ${hit.label} (${hit.nth})`,
    );
  }

  /**
   * Runs the command on a tmpfs that is full after a few pages, or inodes: with
   * none left, one left and so on, at most `count` times.
   */
  async fillDisk(disk: string, what: "pages" | "inodes", count: number) {
    const room = async (more: number) => {
      const [pages, inodes] = await used(disk);
      return what === "pages"
        ? `size=${(pages + more) * 4096}`
        : `nr_inodes=${inodes + more}`;
    };
    await this.#restore();
    const before = await used(disk);
    await this.#well(this.#command);
    const at = what === "pages" ? 0 : 1;
    // Temporary files need some more.
    const need = 8 + (await used(disk))[at] - before[at];
    const every = Math.max(1, Math.ceil(need / count));
    for (let more = 0; more < need; more += every) {
      await this.#restore();
      await run("mount", "-o", `remount,${await room(more)}`, disk);
      const ended = await this.#tracer.plain(this.#command);
      await run("mount", "-o", `remount,${roomy}`, disk);
      const key = `full disk (${what})`;
      if (ended.code !== 0) {
        this.result.faults[key] = (this.result.faults[key] ?? 0) + 1;
      }
      await this.check(ended, `${key}, ${more} left`);
    }
  }

  /** Checks after a run with a fault; repeats the command, and compares. */
  async check(run: Run, when: string): Promise<void> {
    const wrong = (text: string) =>
      this.result.problems.push(`${when}: ${text}`);
    const is = await snapshot(this.work);
    const { problems } = this.#verb;
    problems?.(this.work, is, this.#should, this.#before).forEach(wrong);
    if (!run.killed) this.#checkMessage(run, is).forEach(wrong);
    const isDone = !run.killed && run.code === 0 &&
      !run.stderr.includes("was not brought up to date");
    if (isDone) {
      this.result.survived++;
    } else {
      await this.#repeat(this.#round++, wrong);
    }
    const { manifestStays } = this.#verb;
    const isTold = manifestStays !== undefined &&
      run.stderr.includes(manifestStays);
    differences(await this.#settled(), this.#should)
      .filter((line) => !isTold || !/: out\/(manifest|SHA256SUMS)/.test(line))
      .forEach(wrong);
  }

  /** A run that fails says why, in one line, and leaves nothing half done. */
  #checkMessage({ code, stderr }: Run, is: Snapshot): string[] {
    // Jobs that were left out, or refused, are named line by line.
    if (code === 0 || code === 3 || code === 4) return [];
    const found: string[] = [];
    const said = stderr.trim();
    if (!/^lumberjack: [^\n]*$/m.test(said) || /\n\s+at /.test(said)) {
      found.push(`the message: ${said}`);
    }
    if (code === 1 && !this.#verb.inParts && !said.includes("recover")) {
      found.push(
        ...differences(is, this.#before).map((line) =>
          `after ${said}: ${line}`
        ),
      );
    }
    return found;
  }

  async #repeat(round: number, wrong: (text: string) => void): Promise<void> {
    for (const args of this.#verb.again(this.work, round)) {
      const { code, stderr } = await this.#tracer.plain([
        this.#request.executable,
        ...args,
      ]);
      // It was killed when everything was there already.
      const isWhole = /exists already|is not empty/.test(stderr);
      if (code !== 0 && !isWhole) {
        wrong(`repeated, exit ${code}: ${stderr.trim()}`);
      }
    }
  }
}

/** What makes the program run as the owner. */
function before({ owner, root }: Identity): string[] {
  if (root || Deno.uid() !== 0) return [];
  const { uid, gid } = findUser(owner)!;
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

/** How many pages and inodes of a file system are used. */
async function used(disk: string): Promise<[number, number]> {
  const { stdout } = await new Deno.Command("df", {
    args: ["-B4096", "--output=used,iused", disk],
  }).output();
  const [, line] = new TextDecoder().decode(stdout).trim().split("\n");
  const [pages, inodes] = line.trim().split(/\s+/).map(Number);
  return [pages, inodes];
}

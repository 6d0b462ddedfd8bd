/**
 * `deno task faults`: kills the real program, or lets its disk fail, at every
 * system call of a verb. See campaign.ts.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { userInfo } from "node:os";
import { randomNumbers } from "../../../scripts/bench/make_log.ts";
import { Campaign, type Request, roomy } from "./campaign.ts";
import type { Identity } from "./scene.ts";
import {
  canFail,
  type Fault,
  type Step,
  strace,
  type Thread,
} from "./strace.ts";
import { verbs } from "./verbs.ts";

const allFaults: readonly Fault[] = [
  "kill",
  "kill-all",
  "ENOSPC",
  "EDQUOT",
  "EIO",
];
const allThreads: readonly Thread[] = ["main", "owner", "others"];

const usage =
  `Usage: deno task faults [--verb V] [--fault F] [--as root|user] [--seed S] [--count N] [--minutes M]

Kills the executable, or lets its disk fail, at every system call of a verb that
touches files; then repeats the command and compares the end with that of a run
that nothing disturbed.

  --verb V        ${Object.keys(verbs).join(", ")}; default: all
  --fault F       ${allFaults.join(", ")}, full (a tmpfs); default: all
  --as root|user  root with a child process as the jobs' owner, or the owner
  --count N       only N calls of each verb, fault and identity, by chance
  --seed S        another choice of these
  --minutes M     begin nothing more after M minutes, and report
  --at TEXT       only calls whose name and files have this text, such as
                  'write out/manifest.json': to try a fault again
  --executable P  default: dist/lumberjack, which scripts/build makes
  --on DIR        work below this folder; default: a tmpfs, if root runs this`;

/** Returns who may be tried on this host. */
function identities(as: string | undefined): Identity[] {
  if (Deno.uid() !== 0) return [{ owner: userInfo().username, root: false }];
  const all = [true, false].map((root) => ({ owner: "nobody", root }));
  return all.filter(({ root }) => as === undefined || root === (as === "root"));
}

/**
 * Makes a folder for the work. On a tmpfs, fsync costs nothing. It is mounted for
 * root only.
 */
export function workFolder(
  dir: string | undefined,
): Disposable & { readonly path: string; readonly isMount: boolean } {
  const path = Deno.makeTempDirSync({ dir, prefix: "lumberjack-faults-" });
  const isMount = dir === undefined && Deno.uid() === 0;
  if (isMount) {
    const args = [
      "-t",
      "tmpfs",
      "-o",
      `mode=755,${roomy}`,
      "lumberjack-faults",
      path,
    ];
    new Deno.Command("mount", { args }).outputSync();
  }
  Deno.chmodSync(path, 0o755);
  return {
    path,
    isMount,
    [Symbol.dispose]() {
      if (isMount) new Deno.Command("umount", { args: [path] }).outputSync();
      Deno.removeSync(path, { recursive: true });
    },
  };
}

function chosen(steps: readonly Step[], count: number, random: () => number) {
  const left = [...steps], found: Step[] = [];
  while (left.length > 0 && found.length < count) {
    found.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return found;
}

/**
 * Calls at which this executable is known to fail. Deno 2.5.7, which is for tests
 * only, does not tell that a folder was not listed to its end.
 */
function knownToFail(executable: string): string[] {
  const isOld = new Deno.Command("grep", {
    args: ["-qaF", "Deno/2.5.7", executable],
  }).outputSync().success;
  if (isOld) console.log("getdents64 is left out: the runtime is for tests");
  return isOld ? ["getdents64"] : [];
}

/** Tries one verb with all faults that were asked for. */
export async function tryVerb(
  name: string,
  request: Request,
  {
    faults,
    threads = allThreads,
    at,
    leavesOut,
    fullDisk,
    count,
    until = Infinity,
    random,
    progress,
  }: {
    readonly threads?: readonly Thread[];
    /** Only calls whose label has this text. */
    readonly at?: string;
    /** Calls that are not tried. */
    readonly leavesOut?: readonly string[];
    readonly fullDisk: boolean;
    readonly faults: readonly Fault[];
    readonly count: number;
    /** When to begin nothing more, as `Date.now()` tells it. */
    readonly until?: number;
    readonly random: () => number;
    readonly progress: (text: string) => void;
  },
): Promise<Campaign["result"]> {
  const campaign = await Campaign.prepare(name, request);
  const { result } = campaign;
  const steps: Step[] = [];
  for (const thread of threads) {
    steps.push(...await campaign.steps(thread, faults.includes("EIO")));
  }
  for (const fault of faults) {
    const possible = steps.filter((step) =>
      canFail(step, fault) && !(leavesOut ?? []).includes(step.call) &&
      step.label.includes(at ?? "")
    );
    const calls = chosen(possible, count, random);
    const tally = begin(result);
    let done = 0;
    for (const step of calls) {
      if (Date.now() > until) break;
      const { length } = result.problems;
      await campaign.fail(step, fault);
      result.problems.slice(length).forEach(progress);
      progress(
        `${name} ${fault}: ${++done} of ${calls.length} (of ` +
          `${possible.length} calls), ${result.problems.length} problems`,
      );
    }
    result.lines.push(tally(fault, `${done} of ${possible.length} calls`));
  }
  if (fullDisk && Date.now() < until) {
    for (const what of ["pages", "inodes"] as const) {
      progress(`${name} on a full disk (${what})`);
      const tally = begin(result);
      await campaign.fillDisk(request.folder, what, Math.min(count, 60));
      result.lines.push(tally(`full (${what})`, "several sizes"));
    }
  }
  return result;
}

/** Returns what makes a line of the report, of what is tried from now on. */
function begin(
  result: Campaign["result"],
): (fault: string, tried: string) => string {
  const happened = () =>
    Object.values(result.faults).reduce((sum, count) => sum + count, 0);
  const before = [
    happened(),
    result.missed,
    result.survived,
    result.problems.length,
  ];
  return (fault, tried) => {
    const [faults, missed, survived, problems] = [
      happened() - before[0],
      result.missed - before[1],
      result.survived - before[2],
      result.problems.length - before[3],
    ];
    return `${fault}: tried ${tried}; ${faults} faults, ${missed} not reached, ` +
      `${survived} without effect, ${problems} problems`;
  };
}

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: [
      "verb",
      "fault",
      "as",
      "seed",
      "count",
      "minutes",
      "at",
      "executable",
      "on",
    ],
    boolean: ["help", "quiet"],
  });
  if (flags.help) return console.log(usage);
  const program = strace();
  if (program === undefined) throw new Error("strace is missing");
  const built = fromFileUrl(
    new URL("../../../dist/lumberjack", import.meta.url),
  );
  const seed = Number(flags.seed ?? 1);
  const random = randomNumbers(seed);
  const until = Date.now() + 60_000 * Number(flags.minutes ?? Infinity);
  const names = flags.verb ? flags.verb.split(",") : Object.keys(verbs);
  const faults = flags.fault
    ? flags.fault.split(",") as (Fault | "full")[]
    : [...allFaults, "full" as const];
  let failed = false;
  using place = workFolder(flags.on);
  const folder = place.path;
  {
    const executable = `${folder}/lumberjack`;
    Deno.copyFileSync(flags.executable ?? built, executable);
    const leavesOut = knownToFail(executable);
    for (const identity of identities(flags.as)) {
      for (const name of names) {
        if (Date.now() > until) break;
        const result = await tryVerb(name, {
          ...{ executable, strace: program, identity, folder },
        }, {
          faults: faults.filter((fault): fault is Fault => fault !== "full"),
          at: flags.at,
          leavesOut,
          until,
          fullDisk: place.isMount && faults.includes("full"),
          count: Number(flags.count ?? 1e9),
          random,
          progress: (text) => flags.quiet || console.error(text),
        });
        const who = identity.root ? "root" : "user";
        const { problems, lines, steps, faults: happened } = result;
        console.log(`${name} as ${who}, seed ${seed}:`);
        console.log(`  calls: ${JSON.stringify(steps)}`);
        console.log(`  faults: ${JSON.stringify(happened)}`);
        for (const line of lines) console.log(`  ${line}`);
        for (const problem of problems) console.log(`  PROBLEM ${problem}`);
        failed ||= problems.length > 0;
      }
    }
  }
  if (failed) Deno.exitCode = 1;
}

if (import.meta.main) await main();

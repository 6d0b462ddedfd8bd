/**
 * Measures how many expressions a second are evaluated and parsed, and compares
 * that with HTCondor's Python bindings on the same machine in the same run.
 * Prints ratios: above 1, ours is faster than the bindings.
 *
 *     deno task bench:classad [--ads 200000]
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { ClassAd, compile, parse } from "../../lib/classad/mod.ts";
import { RELEASES, rootOf } from "../../tests/classad/oracle.ts";

const flags = parseArgs(Deno.args, {
  string: ["ads"],
  default: { ads: "200000" },
});
const COUNT = Number(flags.ads);

/** The constraint of README.md, a comparison and a calculation. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  "README's constraint":
    'stringListIMember("T3_US_ANL",DESIRED_Sites) && stringListIMember("cms",x509UserProxyVOName)',
  "comparison": 'JobStatus == 1 && Owner == "alice" && RequestMemory > 1024',
  "arithmetic":
    "(RequestMemory * 1.5 + DiskUsage / 1024) > 2000 ? RequestCpus : 0",
};

/** Texts to parse: expressions from real job ads. */
const TEXTS = [
  "1",
  '"T2_US_MIT, T3_US_ANL"',
  EXPRESSIONS["README's constraint"],
  '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && (TARGET.HasFileTransfer)',
  "ifThenElse(MemoryUsage =!= undefined,MemoryUsage,(ImageSize + 1023) / 1024)",
  "JobStatus == 2 && (time() - EnteredCurrentStatus) > 86400 * 2",
];

/**
 * Returns the text of ad number `i`, a new ClassAd that differs for each `i`.
 */
function adText(i: number): string {
  const site = i % 3 === 0 ? "T3_US_ANL" : `T2_US_X${i % 7}`;
  return `[ DESIRED_Sites = "T1_US_FNAL,T2_US_MIT,${site}"; ` +
    `x509UserProxyVOName = "${i % 2 === 0 ? "CMS" : "osg"}"; ` +
    `JobStatus = ${i % 5}; Owner = "${i % 2 ? "alice" : "bob"}"; ` +
    `RequestMemory = ifThenElse(true, ${1000 + i}, 0); DiskUsage = ${i * 7}; ` +
    `RequestCpus = 2 ]`;
}

const AD_COUNT = 1000;

/**
 * Number of rounds. Each measurement is the best round, in seconds of processor
 * time (of all threads). Other work on the machine then changes it little.
 */
const ROUNDS = 3;

/**
 * The same work in Python. It prints the seconds for each expression and for
 * the parses.
 */
const PYTHON = `
import json, sys, time
import htcondor2, classad2
work = json.load(sys.stdin)
ads = [classad2.ClassAd(text) for text in work["ads"]]
count, texts, n = work["count"], work["texts"], len(ads)
def seconds(run):
    best = None
    for _ in range(work["rounds"]):
        start = time.process_time()
        run()
        time_taken = time.process_time() - start
        best = time_taken if best is None else min(best, time_taken)
    return best
def evaluate(expr):
    for i in range(count):
        expr.eval(ads[i % n])
def parse():
    for i in range(count):
        classad2.ExprTree(texts[i % len(texts)])
print(json.dumps({
    "evaluate": {
        name: seconds(lambda: evaluate(classad2.ExprTree(text)))
        for name, text in work["expressions"].items()
    },
    "parse": seconds(parse),
}))
`;

interface Times {
  readonly evaluate: Readonly<Record<string, number>>;
  readonly parse: number;
}

async function bindingsTimes(root: string): Promise<Times> {
  const child = new Deno.Command("chroot", {
    args: [root, "python3", "-c", PYTHON],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const work = {
    ads: Array.from({ length: AD_COUNT }, (_, i) => adText(i)),
    expressions: EXPRESSIONS,
    texts: TEXTS,
    count: COUNT,
    rounds: ROUNDS,
  };
  await writer.write(new TextEncoder().encode(JSON.stringify(work)));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

function seconds(work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

function ourTimes(): Times {
  const ads = Array.from(
    { length: AD_COUNT },
    (_, i) => ClassAd.parse(adText(i)),
  );
  const evaluate: Record<string, number> = {};
  for (const [name, text] of Object.entries(EXPRESSIONS)) {
    const compiled = compile(text);
    evaluate[name] = seconds(() => {
      for (let i = 0; i < COUNT; i++) compiled.evaluate(ads[i % AD_COUNT]);
    });
  }
  return {
    evaluate,
    parse: seconds(() => {
      for (let i = 0; i < COUNT; i++) {
        parse(TEXTS[i % TEXTS.length], { syntax: "new" });
      }
    }),
  };
}

function row(name: string, ours: number, theirs: number): void {
  const rate = (time: number) => `${(COUNT / time / 1000).toFixed(0)} k/s`;
  console.log(
    `  ${name.padEnd(32)} ${rate(ours).padStart(9)} ` +
      `${rate(theirs).padStart(11)} ${(theirs / ours).toFixed(1).padStart(8)}`,
  );
}

const roots = RELEASES.flatMap((release) => {
  const root = rootOf(release);
  return root === undefined ? [] : [{ release, root }];
});
if (roots.length === 0) {
  console.error("no pool root to compare with: scripts/roots builds them");
  Deno.exit(1);
}
for (const { release, root } of roots) {
  const theirs = await bindingsTimes(root);
  const ours = ourTimes();
  console.log(
    `${COUNT} each, thousands a second of processor time, against classad2 of ${release}`,
  );
  console.log(`  ${"".padEnd(32)} ${"ours".padStart(9)}    bindings    ratio`);
  for (const name of Object.keys(EXPRESSIONS)) {
    row(`evaluate: ${name}`, ours.evaluate[name], theirs.evaluate[name]);
  }
  row("parse: expressions of jobs", ours.parse, theirs.parse);
}

/**
 * Runs a DAG of ten nodes with PRE and POST scripts and retries. The DAG runs
 * twice at the same time: once with some of its nodes at a remote site, and once
 * here. Both must have the same results.
 *
 * @module
 */
import { readEvents, type UserLogEvent } from "../../lib/user_log/mod.ts";
import {
  type ExportReport,
  type ImportReport,
  Pool,
  remoteSpool,
  type Root,
  until,
} from "./harness/mod.ts";

/** How the DAGs are run. */
export interface DagOptions {
  readonly root: Root;
  /**
   * Kill DAGMan after the first nodes have left; the schedd starts it again.
   */
  readonly killDagman?: boolean;
  /** The value of DEFAULT_USERLOG_FORMAT_OPTIONS. */
  readonly formatOptions?: string;
}

const config = `
DAGMAN_CHECK_QUEUE_INTERVAL = 1
DAGMAN_USER_LOG_SCAN_INTERVAL = 1
DAGMAN_SUBMIT_DELAY = 0
DAGMAN_PENDING_REPORT_INTERVAL = 5
`;

/** The nodes whose jobs run at the remote site. */
const away = new Set(["B", "C", "E", "G"]);

const dag =
  "ABCDEFGHIJ".split("").map((node) =>
    `JOB ${node} ${away.has(node) ? "away" : "here"}.sub\n`
  ).join("") + `
VARS ALL_NODES TRY="$(RETRY)"
RETRY B 2
RETRY D 1
SCRIPT PRE C pre.sh $JOB $RETRY
SCRIPT PRE F pre.sh $JOB $RETRY
SCRIPT POST B post.sh $JOB $RETURN $RETRY
SCRIPT POST D post.sh $JOB $RETURN $RETRY
SCRIPT POST E post.sh $JOB $RETURN $RETRY
SCRIPT POST G post.sh $JOB $RETURN $RETRY
PARENT A CHILD B C D
PARENT B C CHILD E F
PARENT D CHILD G H
PARENT E CHILD I
PARENT F G H I CHILD J
`;

/**
 * B and D fail once. G always fails, and its POST script accepts the failure.
 */
const scripts: Readonly<Record<string, string>> = {
  "node.sh": `#!/bin/sh
echo "$1 try $2"
sleep 1
case "$1.$2" in B.0) exit 1;; D.0) exit 2;; G.*) kill -9 $$;; esac
`,
  "pre.sh": '#!/bin/sh\necho "$1 $2" >>pre.txt\n',
  "post.sh":
    '#!/bin/sh\necho "$1 $2 $3" >>post.txt\n[ "$1" = G ] || exit "$2"\n',
};

const submit = (more: string) =>
  `executable = node.sh
arguments = $(JOB) $(TRY)
log = $(JOB).log
output = $(JOB).out
should_transfer_files = YES
when_to_transfer_output = ON_EXIT
${more}queue
`;

/** The results of a DAG. */
export interface DagEnd {
  readonly exitCode: unknown;
  /** What the PRE scripts and the POST scripts got as arguments, sorted. */
  readonly pre: string;
  readonly post: string;
  /** How the jobs of each node ended, in order: `B: 1, 0`. */
  readonly ends: readonly string[];
  /** The last standard output of each node. */
  readonly outputs: readonly string[];
  /** Jobs that have no terminal event in the nodes log, or more than one. */
  readonly wrong: readonly string[];
  readonly rescue: string;
}

/** The results of both DAGs, and of the tools that were run on their logs. */
export interface DagResult {
  readonly away: DagEnd;
  readonly here: DagEnd;
  /** The number of exported jobs. */
  readonly exported: number;
  /**
   * The exit status of `condor_wait` for the log of each node that was away.
   */
  readonly waits: readonly number[];
  /** What `lumberjack events check` reports about the nodes log. */
  readonly check: {
    readonly missing: unknown[];
    readonly contradicting: unknown[];
  };
}

/** Runs both DAGs to their ends. */
export async function runDags(options: DagOptions): Promise<DagResult> {
  const { root, killDagman, formatOptions } = options;
  await using pool = await Pool.start({
    root,
    slots: 6,
    config: config +
      (formatOptions
        ? `DEFAULT_USERLOG_FORMAT_OPTIONS = ${formatOptions}\n`
        : ""),
  });
  const site = await Pool.start({
    root,
    user: "alice",
    machine: pool.machine,
    start: false,
  });
  const folders = { away: "/home/alice/away", here: "/home/alice/here" };
  for (const [name, folder] of Object.entries(folders)) {
    const more = name === "away" ? "+Away = true\nrequirements = False\n" : "";
    const files = {
      ...scripts,
      "ten.dag": dag,
      "away.sub": submit(more),
      "here.sub": submit(""),
    };
    for (const [file, text] of Object.entries(files)) {
      const mode = file.endsWith(".sh") ? 0o755 : 0o644;
      await pool.machine.write(`${folder}/${file}`, text, {
        user: "alice",
        mode,
      });
    }
  }
  const dagmen: number[] = [];
  for (const folder of Object.values(folders)) {
    const said = await pool.run(
      ["condor_submit_dag", "-f", "-no_submit", "ten.dag"],
      { user: "alice", cwd: folder },
    );
    if (!said.includes("ten.dag.condor.sub")) throw new Error(said);
    const description = await pool.machine.read(
      `${folder}/ten.dag.condor.sub`,
    );
    dagmen.push(
      ...await pool.submit(description, { user: "alice", cwd: folder }),
    );
  }
  const [dagman] = dagmen;
  let exported = 0, started = false;
  const isRunning = async (cluster: number) =>
    (await pool.queue(`ClusterId == ${cluster}`)).length > 0;
  for (let round = 0; await isRunning(dagman); round++) {
    if (round > 300) throw new Error(await dagLog(pool, folders.away));
    const idle = 'Away =?= true && JobStatus == 1 && Managed =!= "External"';
    if ((await pool.queue(idle)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      continue;
    }
    exported += await roundTrip(pool, site, {
      round,
      started,
      meanwhile: async () => {
        if (killDagman && !started) {
          await pool.sh(
            `for pid in $(pgrep -x condor_dagman); do
              [ "$(readlink /proc/$pid/cwd)" != ${folders.away} ] ||
                kill -KILL $pid
            done`,
          );
        }
      },
    });
    started = true;
  }
  await until(
    "the other DAG has ended",
    async () => !await isRunning(dagmen[1]),
  );
  const waits: number[] = [];
  for (const node of away) {
    const args = ["condor_wait", "-wait", "3", `${folders.away}/${node}.log`];
    waits.push((await pool.try(args, { user: "alice" })).code);
  }
  const checked = await pool.lumberjack(
    ["events", "check", `${folders.away}/ten.dag.nodes.log`, "--json"],
  );
  const check: DagResult["check"] = JSON.parse(checked.stdout);
  return {
    away: await end(pool, folders.away, dagmen[0]),
    here: await end(pool, folders.here, dagmen[1]),
    ...{ exported, waits, check },
  };
}

/**
 * Exports the idle jobs, runs them at the site and imports them. Returns their
 * number.
 */
async function roundTrip(
  pool: Pool,
  site: Pool,
  { round, started, meanwhile }: {
    readonly round: number;
    readonly started: boolean;
    readonly meanwhile: () => Promise<void>;
  },
): Promise<number> {
  const out = `/var/tmp/out-${round}`, spool = remoteSpool("alice");
  await pool.sh(`mkdir ${out}`);
  const report = await pool.lumberjackJson<ExportReport>([
    "export",
    ...[
      "--constraint",
      "Away =?= true && JobStatus == 1",
      "--set",
      "Requirements=true",
    ],
    ...["--stage", "--out", out, "--remote-spool", spool],
  ], { status: 0 });
  await meanwhile();
  await pool.sh(
    `rm -rf ${spool}/*; cp -a ${out}/. ${spool}/; chown -R alice: ${spool}`,
  );
  await (started ? site.startSchedd() : site.startDaemons());
  await site.untilNone("JobStatus != 4");
  await site.stopSchedd();
  const said = await pool.lumberjack(["import", "--in", spool, "--json"]);
  const { merged, refused }: ImportReport = JSON.parse(said.stdout);
  if (refused.length > 0) throw new Error(said.stdout);
  const [{ jobs }] = report.exports;
  if (merged !== jobs) throw new Error(`${merged} of ${jobs} came home`);
  return jobs;
}

async function dagLog(pool: Pool, folder: string): Promise<string> {
  return await pool.sh(
    `tail -n 60 ${folder}/ten.dag.dagman.out; cat ${folder}/ten.dag.nodes.log`,
  );
}

async function end(
  pool: Pool,
  folder: string,
  cluster: number,
): Promise<DagEnd> {
  const read = (name: string) =>
    pool.machine.read(`${folder}/${name}`).catch(() => "");
  const sorted = async (name: string) =>
    (await read(name)).split("\n").sort().join("\n").trim();
  const [ad] = await pool.history(`ClusterId == ${cluster}`);
  const log = await pool.machine.readBytes(`${folder}/ten.dag.nodes.log`);
  const { ends, wrong } = endsOf(readEvents(log));
  const outputs: string[] = [];
  for (const node of "ABCDEFGHIJ") outputs.push(await read(`${node}.out`));
  return {
    exitCode: ad?.ExitCode,
    ...{ pre: await sorted("pre.txt"), post: await sorted("post.txt") },
    ...{ ends, wrong, outputs },
    rescue: await pool.sh(`ls ${folder} | grep rescue || true`),
  };
}

function endsOf(events: readonly UserLogEvent[]) {
  const nodes = new Map<number, string>();
  const ends = new Map<string, string[]>();
  const wrong: string[] = [];
  for (const event of events) {
    if (event.number !== 0) continue;
    const notes = String(event.ad.evaluate("LogNotes"));
    const node = /DAG Node: (\w+)/.exec(notes)?.[1] ??
      /DAGNodeName = "(\w+)"/.exec(notes)?.[1] ?? notes;
    nodes.set(event.cluster, node);
  }
  for (const [cluster, node] of nodes) {
    const found = events.filter((event) =>
      event.cluster === cluster && event.isTerminal
    );
    if (found.length !== 1) wrong.push(`${node}: ${found.length} ends`);
    for (const { ad, problem } of found) {
      if (problem) wrong.push(`${node}: ${problem}`);
      const how = ad.evaluate("ReturnValue") ??
        `signal ${ad.evaluate("TerminatedBySignal")}`;
      ends.set(node, [...ends.get(node) ?? [], String(how)]);
    }
  }
  return {
    wrong,
    // DAGMan adds nodes of its own between several parents and several
    // children. They are left out.
    ends: [...ends].filter(([node]) => /^[A-J]$/.test(node)).map((
      [node, how],
    ) => `${node}: ${how.join(", ")}`).sort(),
  };
}

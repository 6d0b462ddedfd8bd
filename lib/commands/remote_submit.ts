import type { Proposal } from "../lumberjack/remote/batch/proposal.ts";
import { openSpoolLog } from "../lumberjack/remote/spool.ts";
import { countJobs, type JobCounts } from "../lumberjack/remote/job_states.ts";
import {
  follow,
  type Submission,
  submit,
} from "../lumberjack/remote/batch/submit.ts";
import type { Allocation } from "../lumberjack/remote/batch/batch_system.ts";
import type { Prepared } from "../lumberjack/remote/batch/prepare.ts";
import type { Terminal } from "../terminal/mod.ts";
import {
  type Command,
  ExitStatus,
  type Invocation,
  UsageError,
} from "./command.ts";
import {
  allocationFlags,
  machineFlags,
  prepareFrom,
  tellProposal,
} from "./batch_flags.ts";
import { stateLine } from "./remote_run.ts";
import { count } from "./report.ts";
import { rejectArguments } from "./selection_flags.ts";

/** What `--json` prints: with `--cancel`, with `--follow`, or without. */
export type Json = Submitted | Followed | Cancelled;

/** What was submitted. */
interface Submitted {
  /** The batch system's id of the allocation; null if nothing was submitted. */
  readonly id: string | null;
  /** Why nothing was submitted; null if something was. */
  readonly reason: string | null;
  /** The script; missing if nothing was submitted. */
  readonly script?: string;
  /** The name of the allocation. */
  readonly name: string;
  /** The folder in which the bundles of results will be. */
  readonly results: string;
  /** The allocations of this export that wait or run. */
  readonly allocations: readonly Allocation[];
  /** Nodes and walltime, and how full they would be. */
  readonly proposal: Proposal;
}

/** What came of an allocation that was followed to its end. */
interface Followed {
  /** The batch system's id of the allocation; null if another one was followed. */
  readonly id: string | null;
  /** The folder with the bundles of results. */
  readonly results: string;
  /** The jobs by state; missing if the export was not adopted. */
  readonly counts?: JobCounts;
  /** Nodes and walltime, and how full they would be. */
  readonly proposal: Proposal;
}

/** What was given up. */
interface Cancelled {
  /** The allocations that were cancelled. */
  readonly cancelled: readonly Allocation[];
}

/** `lumberjack remote submit` */
export const command: Command = {
  name: "remote submit",
  usage: [
    "remote submit --batch slurm|pbs|cobalt --in DIR|BUNDLE --spool DIR --image FILE [--follow]",
    "remote submit … --cancel",
  ],
  description:
    "Makes the script as remote script does, and submits it. Nothing is submitted if every\n" +
    "job has ended, if no job would fit, or if --limit allocations of this export are\n" +
    "queued already (exit status 3). An allocation of an export waits for the end of the\n" +
    "one before. Repeat the command until every job has ended.",
  flags: {
    ...allocationFlags,
    limit: {
      type: "number",
      value: "N",
      help: "how many allocations of the export may be queued (default: 1)",
    },
    follow: {
      type: "boolean",
      help: "wait until no allocation is left, and say what came of the jobs",
    },
    cancel: {
      type: "boolean",
      help: "give up the allocations of the export that wait or run",
    },
    ...machineFlags,
  },
  examples: [{
    does: "submit, and wait for the end",
    line:
      "lumberjack remote submit --batch slurm --in export.tar.gz --spool spool --image lumberjack.sif --cpus 64 --follow",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const limit = flags.number("limit") ?? 1;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new UsageError("--limit is not a number of allocations", {
        subject: String(limit),
        remedy: "write a whole number above 0",
      });
    }
    const prepared = await prepareFrom(flags, terminal);
    if (flags.boolean("cancel")) return await cancel(prepared, terminal);
    tellProposal(prepared, terminal);
    const submission = await submit(prepared, limit);
    const { id, allocations } = submission;
    if (!flags.boolean("follow") || allocations.length === 0) {
      report(prepared, submission, terminal);
      return id === undefined ? ExitStatus.nothingMatched : ExitStatus.done;
    }
    terminal.message(submissionLine(submission));
    return await followToEnd(prepared, submission, terminal);
  },
};

async function cancel(
  { system, request }: Prepared,
  terminal: Terminal,
): Promise<number> {
  const allocations = await system.ask(request.name);
  for (const { id } of allocations) await system.cancel(id);
  if (terminal.json) terminal.printJson<Cancelled>({ cancelled: allocations });
  else {
    terminal.line(`gave up ${count(allocations.length, "allocation")}`);
  }
  return allocations.length === 0 ? ExitStatus.nothingMatched : ExitStatus.done;
}

function submissionLine({ id, reason, script }: Submission): string {
  return id === undefined
    ? `nothing was submitted: ${reason}`
    : `submitted ${script} as ${id}`;
}

function report(
  { request, proposal }: Prepared,
  submission: Submission,
  terminal: Terminal,
): void {
  const { id, reason, script, allocations } = submission;
  if (terminal.json) {
    const { name, results } = request;
    terminal.printJson<Submitted>({
      id: id ?? null,
      reason: reason ?? null,
      ...{ script, name, results, allocations, proposal },
    });
    return;
  }
  terminal.line(submissionLine(submission));
}

async function followToEnd(
  { system, request, proposal }: Prepared,
  { id }: Submission,
  terminal: Terminal,
): Promise<number> {
  let said = "";
  const tell = (allocations: readonly Allocation[]) => {
    const text = allocations.map(allocationLine).join("; ");
    if (text !== said && text !== "") terminal.message(said = text);
  };
  await follow(system, request.name, { tell });
  const log = openSpoolLog(request.spool);
  const counts = log && countJobs(log.table);
  log?.table.close();
  const { results } = request;
  if (terminal.json) {
    terminal.printJson<Followed>({ id: id ?? null, results, counts, proposal });
  } else {
    terminal.line(
      counts === undefined
        ? "the allocation has ended, and it has not adopted the export"
        : `${stateLine(counts)}; the results are in ${results}`,
    );
  }
  return counts?.completed === counts?.jobs && counts !== undefined
    ? ExitStatus.done
    : ExitStatus.partial;
}

/** One allocation in a few words. */
export function allocationLine(
  { id, state, detail, secondsLeft }: Allocation,
): string {
  const left = secondsLeft === undefined ? "" : `, ${secondsLeft} s left`;
  return state === "queued" ? `${id} waits: ${detail}` : `${id} runs${left}`;
}

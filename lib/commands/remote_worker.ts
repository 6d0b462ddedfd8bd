import { work, type WorkerEnd } from "../lumberjack/remote/worker.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { machineFlags, machineRequestOf } from "./machine_flags.ts";
import { progressOf } from "./report.ts";
import { rejectArguments, requireFlag } from "./selection_flags.ts";
import { abortOnSignals, durationOf } from "./remote_run.ts";

/** What `--json` prints. */
export interface Json {
  /** Why it ended: the run is over, or the worker got a signal. */
  readonly end: WorkerEnd;
}

/** `lumberjack remote worker` */
export const command: Command = {
  name: "remote worker",
  usage: ["remote worker --spool DIR [--cpus N] [--memory MB]"],
  description:
    "Start it on each other node, with srun, mpiexec or ssh, as the user of remote run. It\n" +
    "finds the run by the spool, which has to be on a file system that the nodes share.\n" +
    "It waits for a run that has not started yet, and it ends when the run ends, also if\n" +
    "the run is killed. If a worker dies, the jobs that ran there start again elsewhere.",
  flags: {
    spool: {
      type: "string",
      value: "DIR",
      help: "the spool of the remote run",
    },
    ...machineFlags,
    wait: {
      type: "string",
      value: "T",
      help: "how long to wait for the run to start (default: 10m)",
    },
  },
  examples: [{
    does: "work for the run on this spool, with all cores of this node",
    line: "lumberjack remote worker --spool /scratch/alice/spool",
  }],
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    rejectArguments(args);
    const stop = new AbortController();
    const release = abortOnSignals(stop, terminal);
    try {
      const end = await work({
        spool: requireFlag(flags, "spool"),
        ...machineRequestOf(flags),
        wait: durationOf(flags, "wait") ?? 600,
        signal: stop.signal,
        progress: progressOf(terminal),
      });
      terminal.progress("");
      if (terminal.json) terminal.printJson<Json>({ end });
      else {
        terminal.line(
          end === "run" ? "the run is over" : "the worker was told to end",
        );
      }
      return ExitStatus.done;
    } finally {
      release();
    }
  },
};

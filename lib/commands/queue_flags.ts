import { FileJobQueue } from "../lumberjack/queue/file/job_queue.ts";
import type { JobQueue } from "../lumberjack/queue/job_queue.ts";
import { ClassAdSyntaxError, compile } from "../classad/mod.ts";
import type { ScheddRequest } from "../condor/mod.ts";
import { type Flags, type FlagValues, UsageError } from "./command.ts";

/** The flags that say which queue a verb works on. */
export const queueFlags: Flags = {
  name: {
    type: "string",
    value: "SCHEDD",
    help: "use the schedd of this name; the collector knows where it is",
  },
  pool: {
    type: "string",
    value: "HOST[:PORT]",
    help: "ask this collector (default: COLLECTOR_HOST)",
  },
  "schedd-constraint": {
    type: "string",
    value: "EXPR",
    help: "use a schedd for which this ClassAd expression is true",
  },
  queue: {
    type: "string",
    value: "FILE",
    help:
      "work on this job_queue.log of a stopped schedd; the file is never changed",
  },
};

/** The flag of the verbs that change a queue. */
export const queueOutFlags: Flags = {
  "queue-out": {
    type: "string",
    value: "FILE",
    help:
      "with --queue: write the changed queue to this file (default: FILE.lumberjack)",
  },
  "dry-run": {
    type: "boolean",
    aliases: ["n"],
    help: "say what would be done, and change nothing",
  },
};

/** How a verb means to use the queue. */
export interface QueueUse {
  /** The verb will change it. */
  readonly changes: boolean;
  /** The updated queue may take the place of an earlier one. */
  readonly replace?: boolean;
  /** It may not read the queue at all. */
  readonly isLazy?: boolean;
  /** Called with a sentence that the user should know. */
  readonly note?: (text: string) => void;
}

/**
 * Opens the queue that the flags name. The caller closes it. Throws
 * {@linkcode UsageError} for flags that contradict each other.
 */
export function openQueue(
  flags: FlagValues,
  use: QueueUse,
): Promise<JobQueue> {
  const file = flags.string("queue");
  if (file === undefined) {
    if (flags.has("queue-out")) {
      throw new UsageError("--queue-out goes with --queue", {
        subject: flags.string("queue-out"),
        remedy: "name the queue log with --queue FILE",
      });
    }
    return openLiveQueue(flags, use);
  }
  for (const live of ["name", "pool", "schedd-constraint"]) {
    if (flags.has(live)) {
      throw new UsageError("a queue is either a file or a schedd", {
        subject: `--queue with --${live}`,
        remedy: "leave one of them out",
      });
    }
  }
  const changes = use.changes && !flags.boolean("dry-run");
  return Promise.resolve(FileJobQueue.open(file, {
    queueOut: changes ? queueOutPath(flags) : undefined,
    replace: use.replace,
  }));
}

/** Where the updated queue goes; undefined for a running schedd. */
export function queueOutPath(flags: FlagValues): string | undefined {
  const file = flags.string("queue");
  if (file === undefined || flags.boolean("dry-run")) return undefined;
  return flags.string("queue-out") ?? `${file}.lumberjack`;
}

/** The network and all it needs is loaded only when a schedd is meant. */
async function openLiveQueue(
  flags: FlagValues,
  use: QueueUse,
): Promise<JobQueue> {
  const request = scheddRequest(flags);
  const { openScheddQueue } = await import(
    "../lumberjack/queue/schedd/open.ts"
  );
  return await openScheddQueue({
    ...request,
    changes: use.changes && !flags.boolean("dry-run"),
    isLazy: use.isLazy,
    note: use.note,
  });
}

/**
 * The schedd that the flags name. Throws {@linkcode UsageError} for a
 * constraint that does not parse: a collector would say that nothing matches.
 */
export function scheddRequest(flags: FlagValues): ScheddRequest {
  const constraint = flags.string("schedd-constraint");
  try {
    if (constraint !== undefined) compile(constraint);
  } catch (error) {
    if (!(error instanceof ClassAdSyntaxError)) throw error;
    throw new UsageError(
      `constraint on schedds does not parse (${error.message})`,
      {
        cause: error,
        subject: constraint,
        remedy: "write a ClassAd expression after --schedd-constraint, quoted",
      },
    );
  }
  return {
    name: flags.string("name"),
    pool: flags.string("pool"),
    constraint,
  };
}

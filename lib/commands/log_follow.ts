import {
  follow,
  type FollowEvent,
  type LogRecord,
  type RecordPlace,
} from "../queue_log/mod.ts";
import { type Command, ExitStatus, type Invocation } from "./command.ts";
import { requireFiles } from "./log.ts";
import { describe } from "./log_diff.ts";

/** What `--json` prints: one such document on each line. */
export type Json =
  | Exclude<FollowEvent, Transaction>
  | (Omit<Transaction, "records"> & {
    /** The records, without 105 and 106. */
    readonly records: readonly RecordJson[];
  });

/** An event that has records. */
type Transaction = Extract<FollowEvent, { readonly type: "transaction" }>;

/** A record with its value as text. */
type RecordJson = Exclude<LogRecord, SetAttribute> | SetText;

/** A record that sets an attribute. */
type SetAttribute = Extract<LogRecord, { readonly op: 103 }>;

/** The same with its value as text. */
interface SetText extends RecordPlace {
  /** An attribute is set. */
  readonly op: 103;
  /** The ad's key. */
  readonly key: string;
  /** The attribute's name. */
  readonly name: string;
  /** The expression. */
  readonly value: string;
}

/** `lumberjack log follow` */
export const command: Command = {
  name: "log follow",
  usage: ["log follow FILE [--from-start]"],
  description: `
Runs until it is interrupted. With --json it prints one JSON document on each line.
When the schedd rotates the log, this verb shows only what is new in the new file.`,
  flags: {
    "from-start": {
      type: "boolean",
      help: "begin with the records that are already in the log",
    },
    interval: {
      type: "number",
      value: "SECONDS",
      help: "how long to wait before looking again (default: 0.25)",
    },
  },
  examples: [{
    line: "lumberjack log follow /var/lib/condor/spool/job_queue.log",
    does: "watch what happens in the queue",
  }],
  isForOutput: true,
  async run({ flags, args, terminal }: Invocation): Promise<number> {
    const [file] = requireFiles(args, 1);
    const stop = new AbortController();
    const release = abortOnSignals(stop);
    try {
      const seconds = Math.max(flags.number("interval") ?? 0.25, 0.01);
      const events = follow(file, {
        signal: stop.signal,
        interval: seconds * 1000,
        fromStart: flags.boolean("from-start"),
      });
      for await (const event of events) {
        if (terminal.json) {
          terminal.line(JSON.stringify(plain(event) satisfies Json));
        } else for (const line of lines(event)) terminal.line(line);
        terminal.flush();
      }
    } finally {
      release();
    }
    return ExitStatus.done;
  },
};

function abortOnSignals(stop: AbortController): () => void {
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  const abort = () => stop.abort();
  for (const signal of signals) Deno.addSignalListener(signal, abort);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, abort);
  };
}

/** The event with values as text. */
function plain(event: FollowEvent): Json {
  if (event.type !== "transaction") return event;
  return {
    ...event,
    records: event.records.map((record) =>
      record.op === 103 ? { ...record, value: valueText(record) } : record
    ),
  };
}

function valueText(record: SetAttribute): string {
  return new TextDecoder().decode(record.value);
}

function lines(event: FollowEvent): string[] {
  switch (event.type) {
    case "rotated":
      return [
        `rotated to sequence ${event.sequence}`,
        ...event.changes.flatMap(describe),
      ];
    case "reset":
      return ["rewritten"];
    default:
      return [
        `transaction at byte ${event.offset}${
          event.comment === undefined ? "" : ` #${event.comment}`
        }`,
        ...event.records.map(line),
      ];
  }
}

function line(record: LogRecord): string {
  switch (record.op) {
    case 101:
      return `  + ${record.key} (${record.myType || "no type"})`;
    case 102:
      return `  - ${record.key}`;
    case 103:
      return `  ${record.key} ${record.name} = ${valueText(record)}`;
    case 104:
      return `  ${record.key} ${record.name} deleted`;
    default:
      return `  ${record.op}`;
  }
}

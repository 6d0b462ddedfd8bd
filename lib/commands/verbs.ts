import type { Command } from "./command.ts";

/** A verb that is loaded only when it is called: start-up stays short. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** Every verb, in the order in which `lumberjack --help` lists them. */
export const verbs: readonly Verb[] = [
  {
    name: "export",
    summary: "let idle jobs leave: a queue log for another schedd, locked here",
    load: async () => (await import("./export.ts")).command,
  },
  {
    name: "import",
    summary: "bring results home from a returned queue log",
    load: async () => (await import("./import.ts")).command,
  },
  {
    name: "unexport",
    summary: "take exported jobs back without results",
    load: async () => (await import("./unexport.ts")).command,
  },
  {
    name: "status",
    summary: "what is away: exports with locked jobs",
    load: async () => (await import("./status.ts")).command,
  },
  {
    name: "recover",
    summary: "finish or undo exports that were interrupted",
    load: async () => (await import("./recover.ts")).command,
  },
  {
    name: "doctor",
    summary: "what would stop an export: reach, identity, rights, spool, jobs",
    load: async () => (await import("./doctor.ts")).command,
  },
  {
    name: "log show",
    summary: "the ads of a queue log: a table, ClassAd text, or JSON",
    load: async () => (await import("./log_show.ts")).command,
  },
  {
    name: "log verify",
    summary: "every problem of a queue log, and what a schedd would make of it",
    load: async () => (await import("./log_verify.ts")).command,
  },
  {
    name: "log compact",
    summary: "write what the schedd's rotation would: each ad as it stands now",
    load: async () => (await import("./log_compact.ts")).command,
  },
  {
    name: "log diff",
    summary: "what differs between two queue logs, job by job",
    load: async () => (await import("./log_diff.ts")).command,
  },
  {
    name: "log follow",
    summary: "transactions as the schedd commits them, through rotations",
    load: async () => (await import("./log_follow.ts")).command,
  },
  {
    name: "eval",
    summary: "the value of ClassAd expressions, as HTCondor has it",
    load: async () => (await import("./eval.ts")).command,
  },
  {
    name: "completion",
    summary: "print a script that completes verbs and flags in the shell",
    load: async () => (await import("./completion.ts")).command,
  },
];

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
];

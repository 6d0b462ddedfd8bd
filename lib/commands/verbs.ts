import type { Command } from "./command.ts";

/** A verb that is loaded only when it is called: start-up stays short. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** Every verb, in the order in which `lumberjack --help` lists them. */
export const verbs: readonly Verb[] = [];

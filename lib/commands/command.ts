/**
 * What a verb of the command line is. A verb is one file: it names its flags,
 * makes one call, and turns the answer into text or JSON.
 *
 * @module
 */
import type { Terminal } from "../terminal/mod.ts";

/** One flag of a verb. */
export interface Flag {
  /**
   * `boolean`: no value. `string` and `number`: one value. `list`: every
   * argument up to the next flag (`--ids 1 2.0`), and may be repeated.
   */
  readonly type: "boolean" | "string" | "number" | "list";
  /** What help calls the value, in capitals: `EXPR`, `FILE`. */
  readonly value?: string;
  /** One line of help. */
  readonly help: string;
  /** Other spellings, without dashes: the prototype's, or one letter. */
  readonly aliases?: readonly string[];
  /** Left out of the help text (a spelling kept for scripts). */
  readonly hidden?: boolean;
  /** Words that completion offers for the value. */
  readonly choices?: readonly string[];
}

/** The flags of a verb by their long name, without dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** The values that the command line gave. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly #flags: Flags;

  /**
   * Holds parsed values by the flag's long name. `flags` are those that the verb
   * has.
   */
  constructor(
    values: ReadonlyMap<string, string | boolean | readonly string[]>,
    flags: Flags = {},
  ) {
    this.#values = values;
    this.#flags = flags;
  }

  /** How help writes a flag with its value: `--out DIR`. */
  shown(name: string): string {
    return `--${name} ${this.#flags[name]?.value ?? "VALUE"}`;
  }

  /** Whether the flag stood on the command line. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of a `boolean` flag; false when it was not given. */
  boolean(name: string): boolean {
    return this.#values.get(name) === true;
  }

  /** The value of a `string` flag, or undefined. */
  string(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  /** The value of a `number` flag, or undefined. Checked when parsed. */
  number(name: string): number | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The values of a `list` flag; empty when it was not given. */
  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }
}

/** What a verb is called with. */
export interface Invocation {
  readonly flags: FlagValues;
  /** The words that belong to no flag. */
  readonly args: readonly string[];
  /** Where text, JSON, messages and progress go. */
  readonly terminal: Terminal;
}

/** A verb. */
export interface Command {
  /** As typed: `export`, or `log show` for a verb of two words. */
  readonly name: string;
  /** One synopsis a line, without the program's name. */
  readonly usage: readonly string[];
  /** What stands between the summary and the flags in `--help`. */
  readonly description?: string;
  readonly flags: Flags;
  /** Complete command lines, each with what it does. */
  readonly examples: readonly {
    readonly line: string;
    readonly does: string;
  }[];
  /**
   * Whether the verb only prints something. If it cannot write its output, such
   * a verb fails. Other verbs do work and report it. Their exit status is that
   * of the work, also if nobody can read the report.
   */
  readonly isForOutput?: boolean;
  /** Does the work and returns the exit status of the contract. */
  run(invocation: Invocation): Promise<number> | number;
}

/** The exit status that scripts rely on. */
export const ExitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  nothingMatched: 3,
  partial: 4,
} as const;

/** The command line itself is wrong: exit status 2. */
export class UsageError extends Error {
  /** What the error is about: the flag or the word. */
  readonly subject?: string;
  /** What to type instead. */
  readonly remedy?: string;

  /** `message` says what is wrong with the command line. */
  constructor(
    message: string,
    options?: ErrorOptions & { subject?: string; remedy?: string },
  ) {
    super(message, options);
    this.name = "UsageError";
    this.subject = options?.subject;
    this.remedy = options?.remedy;
  }
}

/** The flags that every verb has. */
export const commonFlags: Flags = {
  json: {
    type: "boolean",
    help: "print one JSON document on stdout, and nothing else there",
  },
  quiet: {
    type: "boolean",
    aliases: ["q"],
    help: "print no messages and no progress, only errors",
  },
  debug: {
    type: "boolean",
    help: "show in which place of the program an error happened",
  },
  help: { type: "boolean", aliases: ["h"], help: "show this help" },
};

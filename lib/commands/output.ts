import type { Sink } from "../terminal/mod.ts";

/** Standard output cannot take what was written to it. */
export class OutputError extends Error {
  /** What the system says. */
  readonly subject: string;
  /** What to do about it. */
  readonly remedy =
    "free space, or send the output somewhere else, and run it again";
  /** Whether the reader went away, as `head` does when it has enough. */
  readonly isClosedPipe: boolean;

  /** `cause` is the system's error. */
  constructor(cause: unknown) {
    super("cannot write the output", { cause });
    this.name = "OutputError";
    this.subject = cause instanceof Error ? cause.message : String(cause);
    this.isClosedPipe = cause instanceof Deno.errors.BrokenPipe;
  }
}

/**
 * Standard output or standard error, which may be full or closed. With
 * `required`, a write that fails throws {@linkcode OutputError}. Otherwise the
 * first failure is kept in `failure`, and all output after it is dropped: what
 * a verb has done counts, even if nobody can read its report.
 */
export class OutputSink implements Sink {
  /** The first write that failed. */
  failure: OutputError | undefined;
  readonly #sink: Sink;
  readonly #required: boolean;

  /** Writes to `sink`. */
  constructor(sink: Sink, options: { readonly required: boolean }) {
    this.#sink = sink;
    this.#required = options.required;
  }

  /** Writes some of the bytes and returns how many. */
  writeSync(bytes: Uint8Array): number {
    if (this.failure) return bytes.length;
    try {
      return this.#sink.writeSync(bytes);
    } catch (error) {
      this.failure = new OutputError(error);
      if (this.#required) throw this.failure;
      return bytes.length;
    }
  }

  /** Whether a person is looking. */
  isTerminal(): boolean {
    return this.#sink.isTerminal();
  }
}

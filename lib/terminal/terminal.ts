import { safeForTerminal, textToBytes } from "./text.ts";

/** A destination of bytes, such as `Deno.stdout`. */
export interface Sink {
  /** Writes some of the bytes and returns how many. */
  writeSync(bytes: Uint8Array): number;
  /** Returns whether the destination is a terminal. */
  isTerminal(): boolean;
}

/** The options of a {@linkcode Terminal}. */
export interface TerminalOptions {
  /** Standard output, for results. */
  readonly out: Sink;
  /** Standard error, for messages and progress. */
  readonly err: Sink;
  /** Whether the user asked for JSON. */
  readonly json?: boolean;
  /** Whether the user asked for no messages. */
  readonly quiet?: boolean;
}

const flushAt = 64 * 1024;

/**
 * Standard output and standard error, as the verbs use them. Output is
 * collected and written in large pieces. `flush` writes the rest.
 */
export class Terminal {
  /** Whether the result must be one JSON document. */
  readonly json: boolean;
  /** Whether messages are suppressed. */
  readonly quiet: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  #pending = "";

  /** Results go to `out`, everything else goes to `err`. */
  constructor(options: TerminalOptions) {
    this.#out = options.out;
    this.#err = options.err;
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
  }

  /** Whether progress is shown: only if standard error is a terminal. */
  get showsProgress(): boolean {
    return !this.quiet && !this.json && this.#err.isTerminal();
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#out.isTerminal();
  }

  /** Adds text to standard output, unchanged. */
  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= flushAt) this.flush();
  }

  /** Adds a line to standard output. */
  line(text = ""): void {
    this.write(text + "\n");
  }

  /**
   * Writes `value` as the one JSON document of this run. The caller names its
   * type, because a JSON schema is made from that: `printJson<Json>(value)`.
   */
  printJson<Type = never>(value: NoInfer<Type>): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** Writes a message for people to standard error, unless `--quiet` is set. */
  message(text: string): void {
    if (this.quiet) return;
    // If both outputs go to the same screen, the lines appear in order.
    this.flush();
    this.#writeText(this.#err, text + "\n");
  }

  /** Writes an error or a warning to standard error. It is always shown. */
  error(text: string): void {
    this.flush();
    this.#writeText(this.#err, text + "\n");
  }

  /** Replaces the progress line. An empty text removes it. */
  progress(text: string): void {
    if (!this.showsProgress) return;
    this.#writeAll(this.#err, textToBytes(`\r\x1b[K${safeForTerminal(text)}`));
  }

  /** Writes the collected text to standard output. */
  flush(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#writeText(this.#out, text);
  }

  /**
   * Writes text. A file or pipe gets every byte unchanged. A terminal gets no
   * control characters, because the text may come from a stranger.
   */
  #writeText(sink: Sink, text: string): void {
    const safe = sink.isTerminal() ? safeForTerminal(text) : text;
    this.#writeAll(sink, textToBytes(safe));
  }

  #writeAll(sink: Sink, bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      written += sink.writeSync(bytes.subarray(written));
    }
  }
}

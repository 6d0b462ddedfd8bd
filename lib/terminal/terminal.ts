import { safeForTerminal, textToBytes } from "./text.ts";

/** Something bytes can be written to, such as `Deno.stdout`. */
export interface Sink {
  /** Writes some of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
  /** Whether a person is looking. */
  isTerminal(): boolean;
}

/** How a {@linkcode Terminal} behaves. */
export interface TerminalOptions {
  /** Standard output; results go here. */
  readonly out: Sink;
  /** Standard error; messages and progress go here. */
  readonly err: Sink;
  /** The user asked for JSON. */
  readonly json?: boolean;
  /** The user asked for no messages. */
  readonly quiet?: boolean;
}

const flushAt = 64 * 1024;

/**
 * Standard output and standard error as the verbs use them. Output is
 * collected and written in large pieces; `flush` ends that.
 */
export class Terminal {
  /** Whether the result is to be one JSON document. */
  readonly json: boolean;
  /** Whether messages are left out. */
  readonly quiet: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  #pending = "";

  /** Results go to `out`, all else to `err`. */
  constructor(options: TerminalOptions) {
    this.#out = options.out;
    this.#err = options.err;
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
  }

  /** Whether standard error is a terminal: only then is progress shown. */
  get showsProgress(): boolean {
    return !this.quiet && !this.json && this.#err.isTerminal();
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#out.isTerminal();
  }

  /** Adds text to standard output, as it stands. */
  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= flushAt) this.flush();
  }

  /** Adds a line to standard output. */
  line(text = ""): void {
    this.write(text + "\n");
  }

  /** Writes `value` as the one JSON document of this run. */
  printJson(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** A message for a person, on standard error; not with `--quiet`. */
  message(text: string): void {
    if (this.quiet) return;
    // Where both go to one screen, lines stand in the order they were said.
    this.flush();
    this.#writeText(this.#err, text + "\n");
  }

  /** An error or warning, on standard error; always shown. */
  error(text: string): void {
    this.flush();
    this.#writeText(this.#err, text + "\n");
  }

  /** Overwrites the progress line; an empty text takes it away. */
  progress(text: string): void {
    if (!this.showsProgress) return;
    this.#writeAll(this.#err, textToBytes(`\r\x1b[K${safeForTerminal(text)}`));
  }

  /** Hands what was collected to standard output. */
  flush(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#writeText(this.#out, text);
  }

  /**
   * Files and pipes get every byte as it was read. A terminal gets nothing that
   * could drive it, because the text may come from a stranger.
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

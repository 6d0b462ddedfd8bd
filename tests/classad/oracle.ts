/**
 * HTCondor's own ClassAd library. It runs as a Python process in a pool root
 * until the comparison ends. Questions and answers are lines of JSON.
 *
 * @module
 */
import { join } from "@std/path";

/** The releases to compare with. Each is the name of a pool root. */
export const RELEASES = ["trixie", "sid"] as const;
/** The name of a pool root. */
export type Release = typeof RELEASES[number];

/**
 * Returns the folder of a release's pool root. Undefined if the root does not
 * exist or the tests do not run as root.
 */
export function rootOf(release: Release): string | undefined {
  const home = Deno.env.get("HOME") ?? "/tmp";
  const cache = Deno.env.get("LUMBERJACK_CACHE") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(home, ".cache"), "lumberjack");
  const root = join(cache, "roots", release);
  try {
    Deno.statSync(join(root, "usr/bin/python3"));
    return Deno.uid() === 0 ? root : undefined;
  } catch {
    return undefined;
  }
}

/** A question about an expression or an ad. */
export interface Question {
  readonly expr?: string;
  /**
   * The name of the kept ad in which to evaluate. Without it, the expression is
   * only read.
   */
  readonly my?: string;
  readonly target?: string | null;
  /** The name under which to keep the ad `text`. */
  readonly ad?: string;
  readonly text?: string;
  /** An ad in long form to read and print. */
  readonly old?: string;
}

/** The library's answer. */
export interface Answer {
  /** Printed in new syntax; null if it cannot be read. */
  readonly new?: string | null;
  /** Printed in old syntax. */
  readonly old?: string | null;
  /** An ad printed in JSON. */
  readonly json?: string | null;
  /** The value, printed in new syntax, or FAILED. */
  readonly value?: string | null;
  /** Set if the value is a list or an ad that string() has printed. */
  readonly text?: boolean;
  /** Set if the question crashed the library's process. */
  readonly crashed?: boolean;
}

/** The library of one release. */
export class Oracle implements AsyncDisposable {
  readonly #root: string;
  readonly #kept: Question[] = [];
  readonly #driver: string;
  #child!: Deno.ChildProcess;
  #lines!: AsyncGenerator<string>;
  #writer!: WritableStreamDefaultWriter<Uint8Array>;
  /** How often the library's process crashed and was started again. */
  crashes = 0;

  private constructor(root: string, driver: string) {
    this.#root = root;
    this.#driver = driver;
  }

  /** Starts the library of a pool root. */
  static async start(root: string): Promise<Oracle> {
    const url = new URL("./oracle_driver.py", import.meta.url);
    const oracle = new Oracle(root, await Deno.readTextFile(url));
    oracle.#spawn();
    return oracle;
  }

  #spawn(): void {
    this.#child = new Deno.Command("chroot", {
      args: [this.#root, "python3", "-c", this.#driver],
      env: {
        // HTCondor must not look up users, because this library does not.
        _CONDOR_CLASSAD_ENABLE_USER_HOME: "false",
        TZ: Deno.env.get("TZ") ??
          Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = lines(this.#child.stdout);
    this.#writer = this.#child.stdin.getWriter();
  }

  /** Keeps an ad (in new syntax) under a name. */
  async keep(name: string, text: string): Promise<void> {
    const question = { ad: name, text };
    this.#kept.push(question);
    await this.ask([question]);
  }

  /** Asks questions, and waits for all answers. */
  async ask(questions: readonly Question[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    while (answers.length < questions.length) {
      const from = answers.length;
      const write = this.#send(questions.slice(from));
      while (answers.length < questions.length) {
        const { value, done } = await this.#lines.next();
        if (done) break;
        answers.push(JSON.parse(value));
      }
      await write;
      if (answers.length < questions.length) {
        answers.push({ crashed: true });
        await this.#restart();
      }
    }
    return answers;
  }

  async #send(questions: readonly Question[]): Promise<void> {
    const text = questions.map((question) => JSON.stringify(question) + "\n");
    try {
      await this.#writer.write(new TextEncoder().encode(text.join("")));
    } catch {
      // The process has ended. ask() notices the missing answers.
    }
  }

  async #restart(): Promise<void> {
    this.crashes++;
    await this.#child.status;
    this.#spawn();
    if (this.#kept.length > 0) await this.ask(this.#kept);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#writer.close();
    } catch {
      // The process has already ended.
    }
    await this.#lines.return(undefined);
    await this.#child.status;
  }
}

async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

import { main } from "../../lib/commands/main.ts";

/** A sink that keeps what was written. */
class Kept {
  text = "";
  readonly #decoder = new TextDecoder();

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  isTerminal(): boolean {
    return false;
  }
}

/** What a command line did. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function lumberjack(...words: string[]): Promise<Outcome> {
  const out = new Kept();
  const err = new Kept();
  const status = await main(words, { out, err });
  return { status, out: out.text, err: err.text };
}

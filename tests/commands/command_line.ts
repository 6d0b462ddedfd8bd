import { main } from "../../lib/commands/main.ts";

/** A sink that keeps what was written. */
class Kept {
  text = "";
  readonly bytes: number[] = [];
  readonly #decoder = new TextDecoder();

  writeSync(bytes: Uint8Array): number {
    this.bytes.push(...bytes);
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
  /** Standard output as bytes, a character for each (Latin-1). */
  readonly outBytes: string;
}

/** Runs a command line in this process. */
export async function lumberjack(...words: string[]): Promise<Outcome> {
  const out = new Kept();
  const err = new Kept();
  const status = await main(words, { out, err });
  const outBytes = new TextDecoder("latin1").decode(Uint8Array.from(out.bytes));
  return { status, out: out.text, err: err.text, outBytes };
}

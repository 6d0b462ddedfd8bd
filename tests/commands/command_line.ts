import { main } from "../../lib/commands/main.ts";
import { checkDocument } from "./json_schema.ts";

/** A sink that keeps everything that is written to it. */
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

/** The result of a command line. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** Standard output. Each character is a byte (Latin-1). */
  readonly outBytes: string;
}

/**
 * Runs a command line in this process. What `--json` prints is compared with
 * the schema of the verb.
 */
export async function lumberjack(...words: string[]): Promise<Outcome> {
  const out = new Kept();
  const err = new Kept();
  const status = await main(words, { out, err });
  const outBytes = new TextDecoder("latin1").decode(Uint8Array.from(out.bytes));
  if (words.includes("--json") && out.text !== "") {
    checkDocument(words, JSON.parse(out.text));
  }
  return { status, out: out.text, err: err.text, outBytes };
}

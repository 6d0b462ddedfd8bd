/**
 * How the outputs of jobs pass to the process that acts as their owner: records
 * one after the other. A record is four bytes for the length of its head
 * (big-endian), the head in JSON, and for a file its contents.
 *
 * @module
 */
import { LumberjackError } from "../../error.ts";

/** What a record says. */
export type RecordHead =
  /** The files of a job begin. */
  | { readonly kind: "job"; readonly id: string }
  /** A folder that the job left. */
  | {
    readonly kind: "folder";
    readonly base: string;
    readonly tail: string;
    readonly mode: number;
  }
  /** A file that the job left; its contents follow. */
  | {
    readonly kind: "file";
    readonly base: string;
    readonly tail: string;
    readonly mode: number;
    readonly size: number;
  }
  /** The job has no more files: all of them get their names now. */
  | { readonly kind: "commit" }
  /** Something is wrong with the job's files: none of them stays. */
  | { readonly kind: "abandon"; readonly problem: string };

/** A record on its way. */
export interface OutgoingRecord {
  /** What it says. */
  readonly head: RecordHead;
  /** The contents of a file; exactly `size` bytes. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** The same, if they are in memory. */
  readonly bytes?: Uint8Array;
}

/** The longest head, in bytes: two paths, escaped. */
const longestHead = 64 * 1024;
/** How many bytes are sent at once. */
const pieceSize = 256 * 1024;

/**
 * Writes records as bytes, in pieces of a good size. A piece is valid until the
 * next one is asked for.
 */
export async function* encodeRecords(
  records: AsyncIterable<OutgoingRecord>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const piece = new Uint8Array(pieceSize);
  let filled = 0;
  function* add(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, pieceSize - filled);
      piece.set(bytes.subarray(at, at + count), filled);
      filled += count;
      at += count;
      if (filled < pieceSize) return;
      yield piece;
      filled = 0;
    }
  }
  for await (const { head, body, bytes } of records) {
    const text = encoder.encode(JSON.stringify(head));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    yield* add(length);
    yield* add(text);
    if (bytes) yield* add(bytes);
    if (body) { for await (const bytes of body) yield* add(bytes); }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** Reads records from bytes. */
export class RecordReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array();
  #left = 0;

  /** Reads what {@linkcode encodeRecords} wrote. */
  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /**
   * Returns the next record's head; undefined at the end. Contents that were not
   * read are passed over.
   */
  async next(): Promise<RecordHead | undefined> {
    while (this.#left > 0) await this.piece();
    const length = await this.#exactly(4, true);
    if (length === undefined) return undefined;
    const size = new DataView(length.buffer, length.byteOffset).getUint32(0);
    if (size > longestHead) throw cut();
    const text = await this.#exactly(size);
    const head = JSON.parse(new TextDecoder().decode(text)) as RecordHead;
    if (head.kind === "file") this.#left = head.size;
    return head;
  }

  /** Returns some bytes of the file at hand; undefined at its end. */
  async piece(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    if (this.#bytes.length === 0 && !await this.#fill()) throw cut();
    const piece = this.#bytes.subarray(0, this.#left);
    this.#bytes = this.#bytes.subarray(piece.length);
    this.#left -= piece.length;
    return piece;
  }

  async #exactly(length: number, mayEnd = false): Promise<
    Uint8Array | undefined
  > {
    if (this.#bytes.length === 0 && !await this.#fill()) {
      if (mayEnd) return undefined;
      throw cut();
    }
    if (this.#bytes.length < length) {
      const all = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        if (this.#bytes.length === 0 && !await this.#fill()) throw cut();
        const part = this.#bytes.subarray(0, length - at);
        all.set(part, at);
        at += part.length;
        this.#bytes = this.#bytes.subarray(part.length);
      }
      return all;
    }
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return bytes;
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#bytes = value;
      return true;
    }
  }
}

function cut(): LumberjackError {
  return new LumberjackError("the stream of outputs breaks off", {
    remedy: "import again",
  });
}

import { allocate } from "./byte_source.ts";
import { Outcome, type OutcomeCode, RecordParser } from "./record.ts";

const SLACK = 16;

/**
 * Finds the records in the bytes of a log, which come in pieces of any size.
 * Besides the current piece, at most one record is kept.
 */
export class RecordDecoder {
  /** The offsets of the parts of the current record in `bytes`. */
  readonly parser = new RecordParser();
  /**
   * The offset in the log of the current record, or of the bytes that are not a
   * record.
   */
  offset: number;
  #bytes: Uint8Array = new Uint8Array(64 * 1024);
  #at = 0;
  #filled = 0;
  #ended = false;
  // Only a newline or the end of the log completes a torn record. Parsing a
  // long line again for every piece would take far too long.
  #torn = false;

  /** `offset` is the offset in the log of the first byte. */
  constructor(offset = 0) {
    this.offset = offset;
  }

  /**
   * The bytes to which the parser's offsets refer. They are valid until the
   * next push.
   */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** How many bytes were pushed but are not read as records yet. */
  get pending(): number {
    return this.#filled - this.#at;
  }

  /** Adds a piece. All records of the pieces before must have been read. */
  push(piece: Uint8Array): void {
    const left = this.#filled - this.#at;
    const wanted = left + piece.length + SLACK;
    if (wanted > this.#bytes.length) {
      const larger = allocate(
        Math.max(wanted, this.#bytes.length * 2),
        "queue log",
      );
      larger.set(this.#bytes.subarray(this.#at, this.#filled));
      this.#bytes = larger;
    } else {
      this.#bytes.copyWithin(0, this.#at, this.#filled);
    }
    this.#at = 0;
    this.#bytes.set(piece, left);
    this.#filled = left + piece.length;
    if (this.#torn && piece.includes(10)) this.#torn = false;
  }

  /** Tells the decoder that no more pieces come. */
  end(): void {
    this.#ended = true;
    this.#torn = false;
  }

  /**
   * Reads the next record. Before the last piece, `torn` and `end` mean that
   * more bytes are needed. After every outcome except `record`, `offset` is the
   * place where reading stopped.
   */
  next(): OutcomeCode {
    if (this.#torn) return Outcome.torn;
    const parser = this.parser;
    const outcome = parser.parse(
      this.#bytes,
      this.#at,
      this.#filled,
      this.#ended,
    );
    this.#torn = outcome === Outcome.torn;
    return outcome;
  }

  /** Moves to the end of the record that was read. */
  advance(): void {
    this.offset += this.parser.next - this.#at;
    this.#at = this.parser.next;
  }

  /** The offset in the log at which HTCondor's reader stopped. */
  get failedAt(): number {
    return this.offset + this.parser.next - this.#at;
  }
}

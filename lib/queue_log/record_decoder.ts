import { allocate } from "./byte_source.ts";
import { Outcome, type OutcomeCode, RecordParser } from "./record.ts";

const SLACK = 16;

/**
 * Takes the bytes of a log in pieces of any size and finds the records in
 * them. At most one record's bytes are kept beyond the piece at hand.
 */
export class RecordDecoder {
  /** Where the parts of the current record stand in `bytes`. */
  readonly parser = new RecordParser();
  /** Where in the log the current record, or what is no record, begins. */
  offset: number;
  #bytes: Uint8Array = new Uint8Array(64 * 1024);
  #at = 0;
  #filled = 0;
  #ended = false;
  // A record that is torn can only be completed by a newline, or the end:
  // trying again for every piece of a long line would take for ever.
  #torn = false;

  /** The first byte pushed stands at `offset` in the log. */
  constructor(offset = 0) {
    this.offset = offset;
  }

  /** The bytes that the parser's indexes mean. Good until the next push. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes that were pushed and not yet read as records. */
  get pending(): number {
    return this.#filled - this.#at;
  }

  /** Adds a piece. All records in the pieces before have been taken. */
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

  /** No more pieces come. */
  end(): void {
    this.#ended = true;
    this.#torn = false;
  }

  /**
   * Reads the next record. `torn` and `end` before the last piece mean that
   * more bytes are wanted; every outcome but `record` leaves `offset` where
   * reading stopped.
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

  /** Goes behind the record that was just read. */
  advance(): void {
    this.offset += this.parser.next - this.#at;
    this.#at = this.parser.next;
  }

  /** Where HTCondor's reader stood when it gave up. */
  get failedAt(): number {
    return this.offset + this.parser.next - this.#at;
  }
}

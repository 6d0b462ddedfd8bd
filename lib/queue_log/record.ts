/**
 * Reads one record exactly as HTCondor does. The schedd does not read lines.
 * `LogRecord::readword` reads a word and one white-space byte after it,
 * `LogRecord::readline` reads the rest of the line, and the next record begins
 * wherever that ended (`condor_utils/log.cpp`, `classad_log.cpp`). If a field
 * is missing, it is therefore taken from the next line. If there is one blank
 * too many, the end of the line is left, and reading stops there.
 *
 * @module
 */

/** The record types with HTCondor's numbers (`condor_utils/log.h`). */
export const Op = {
  newAd: 101,
  destroyAd: 102,
  set: 103,
  delete: 104,
  begin: 105,
  end: 106,
  sequence: 107,
} as const;

/** The possible results of reading a record. */
export const Outcome = {
  /** The record is good. */
  record: 0,
  /** There is nothing left to read. */
  end: 1,
  /** The bytes end inside the record. More of the file may contain the rest. */
  torn: 2,
  /**
   * There is no record type, but a blank line or a NUL byte. HTCondor treats
   * this as the end of the file and never reads what follows.
   */
  stop: 3,
  /**
   * The body of the record is wrong. HTCondor then looks for an end of
   * transaction.
   */
  bad: 4,
} as const;

/** One of the values of {@linkcode Outcome}. */
export type OutcomeCode = typeof Outcome[keyof typeof Outcome];

const NUL = 0;
const NEWLINE = 10;
const SPACE = 32;
const EMPTY = -1;
const TORN = -2;
const FOUND_NUL = -3;

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 9 && byte <= 13);
}

/**
 * Reads records from memory. The fields hold the offsets of the parts of the
 * last record in the given bytes. So reading a record makes no objects.
 */
export class RecordParser {
  /** The record type, or 0 if the word is not a record type. */
  op = 0;
  /** The start of the key. For 107: of the sequence number. */
  keyStart = 0;
  /** The end of the key. */
  keyEnd = 0;
  /** The start of the attribute name. For 101: of MyType. */
  nameStart = 0;
  /** The end of the name. */
  nameEnd = 0;
  /**
   * The start of the value. For 101: of TargetType; for 106: of the comment;
   * for 107: of the time.
   */
  valueStart = 0;
  /** The end of the value, without the newline. */
  valueEnd = 0;
  /** The offset after the record. */
  next = 0;
  /**
   * What is wrong, after the outcomes `stop` and `bad` of {@linkcode Outcome}.
   */
  reason = "";

  #start = 0;
  #end = 0;

  /**
   * Reads the record at `start`. `limit` is the end of the bytes. `atEnd` says
   * whether the file ends there too: then the last word of a 101 may be
   * missing, otherwise more bytes are needed.
   */
  parse(
    bytes: Uint8Array,
    start: number,
    limit: number,
    atEnd: boolean,
  ): OutcomeCode {
    this.op = 0;
    this.reason = "";
    this.next = start;
    this.keyStart =
      this.keyEnd =
      this.nameStart =
      this.nameEnd =
        start;
    this.valueStart = this.valueEnd = start;
    if (start >= limit) return Outcome.end;
    const found = this.#word(bytes, limit);
    if (found === TORN) return Outcome.torn;
    if (found < 0) {
      this.reason = found === EMPTY ? "blank line" : "NUL byte";
      return Outcome.stop;
    }
    this.op = readOp(bytes, this.#start, this.#end);
    switch (this.op) {
      case Op.set:
        return this.#set(bytes, limit);
      case Op.newAd:
        return this.#newAd(bytes, limit, atEnd);
      case Op.destroyAd:
        return this.#key(bytes, limit);
      case Op.delete:
        return this.#delete(bytes, limit);
      case Op.begin:
      case Op.end:
        return this.#transaction(bytes, limit);
      case Op.sequence:
        return this.#sequence(bytes, limit);
      default:
        return this.#unknown(bytes, limit);
    }
  }

  #set(bytes: Uint8Array, limit: number): OutcomeCode {
    const key = this.#key(bytes, limit);
    if (key !== Outcome.record) return key;
    const name = this.#name(bytes, limit);
    if (name !== Outcome.record) return name;
    const line = this.#line(bytes, limit);
    if (line < 0) return this.#failed(line, "value");
    this.valueStart = this.#start;
    this.valueEnd = this.#end;
    return Outcome.record;
  }

  #newAd(bytes: Uint8Array, limit: number, atEnd: boolean): OutcomeCode {
    const key = this.#key(bytes, limit);
    if (key !== Outcome.record) return key;
    const type = this.#name(bytes, limit, "MyType");
    if (type !== Outcome.record) return type;
    // HTCondor ignores the target type, and accepts a record without it.
    const target = this.#word(bytes, limit);
    if (target === TORN) {
      if (!atEnd) return Outcome.torn;
      this.next = limit;
    }
    this.valueStart = this.valueEnd = this.nameEnd;
    if (target >= 0) {
      this.valueStart = this.#start;
      this.valueEnd = this.#end;
    }
    return Outcome.record;
  }

  #delete(bytes: Uint8Array, limit: number): OutcomeCode {
    const key = this.#key(bytes, limit);
    return key === Outcome.record ? this.#name(bytes, limit) : key;
  }

  #transaction(bytes: Uint8Array, limit: number): OutcomeCode {
    if (this.next >= limit) return Outcome.torn;
    const byte = bytes[this.next++];
    this.valueStart = this.valueEnd = this.next;
    if (byte === NEWLINE) return Outcome.record;
    if (this.op === Op.end && byte === 35) { // '#'
      const comment = this.#line(bytes, limit);
      if (comment < 0) return this.#failed(comment, "comment");
      this.valueStart = this.#start;
      this.valueEnd = this.#end;
      return Outcome.record;
    }
    this.reason = byte === NUL
      ? "NUL byte"
      : `unexpected byte after ${this.op} and a blank`;
    return Outcome.bad;
  }

  #sequence(bytes: Uint8Array, limit: number): OutcomeCode {
    const number = this.#key(bytes, limit, "sequence number");
    if (number !== Outcome.record) return number;
    const label = this.#name(bytes, limit, "label");
    if (label !== Outcome.record) return label;
    const time = this.#word(bytes, limit);
    if (time < 0) return this.#failed(time, "time");
    this.valueStart = this.#start;
    this.valueEnd = this.#end;
    return Outcome.record;
  }

  /** HTCondor reads the rest of the line before it reports the type. */
  #unknown(bytes: Uint8Array, limit: number): OutcomeCode {
    if (this.#line(bytes, limit) === TORN) this.next = limit;
    this.reason = "unknown record type";
    return Outcome.bad;
  }

  #key(bytes: Uint8Array, limit: number, what = "key"): OutcomeCode {
    const found = this.#word(bytes, limit);
    if (found < 0) return this.#failed(found, what);
    this.keyStart = this.#start;
    this.keyEnd = this.#end;
    return Outcome.record;
  }

  #name(
    bytes: Uint8Array,
    limit: number,
    what = "attribute name",
  ): OutcomeCode {
    const found = this.#word(bytes, limit);
    if (found < 0) return this.#failed(found, what);
    this.nameStart = this.#start;
    this.nameEnd = this.#end;
    return Outcome.record;
  }

  #failed(code: number, what: string): OutcomeCode {
    if (code === TORN) return Outcome.torn;
    this.reason = code === EMPTY ? `missing ${what}` : `NUL byte in ${what}`;
    return Outcome.bad;
  }

  /** Works as LogRecord::readword. Returns 0, or EMPTY, TORN or FOUND_NUL. */
  #word(bytes: Uint8Array, limit: number): number {
    let at = this.next;
    let byte = NUL;
    do {
      if (at >= limit) return TORN;
      byte = bytes[at++];
      if (byte === NUL) {
        this.next = at;
        return FOUND_NUL;
      }
    } while (isSpace(byte) && byte !== NEWLINE);
    if (byte === NEWLINE) {
      this.next = at;
      return EMPTY;
    }
    const start = at - 1;
    for (;;) {
      if (at >= limit) return TORN;
      byte = bytes[at++];
      if (byte > SPACE) continue;
      if (byte === NUL) {
        this.next = at;
        return FOUND_NUL;
      }
      if (isSpace(byte)) break;
    }
    this.#start = start;
    this.#end = at - 1;
    this.next = at;
    return 0;
  }

  /** Works as LogRecord::readline. Returns 0, or EMPTY, TORN or FOUND_NUL. */
  #line(bytes: Uint8Array, limit: number): number {
    const start = this.next;
    let at = start;
    for (;;) {
      if (at >= limit) return TORN;
      const byte = bytes[at++];
      if (byte > NEWLINE) continue;
      if (byte === NEWLINE) break;
      if (byte === NUL) {
        this.next = at;
        return FOUND_NUL;
      }
    }
    this.next = at;
    if (at - 1 === start) return EMPTY;
    this.#start = start;
    this.#end = at - 1;
    return 0;
  }
}

/**
 * Works as strtoll() and `valid_record_optype`. Returns 0 for anything else.
 */
function readOp(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const sign = bytes[at];
  if (sign === 43 || sign === 45) at++; // '+', '-'
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > 1e6) return 0;
  }
  return sign !== 45 && value >= Op.newAd && value <= Op.sequence ? value : 0;
}

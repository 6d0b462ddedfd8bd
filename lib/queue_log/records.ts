import { QueueLogDamage } from "./errors.ts";
import { Op, Outcome, type RecordParser } from "./record.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { leadingInteger, textOf } from "./text.ts";

/** The place of a record. */
export interface RecordPlace {
  /** The offset of the record in the log, in bytes. */
  readonly offset: number;
  /** The offset of the next record, in bytes. */
  readonly end: number;
}

/**
 * One record of a queue log (`condor_utils/log.h`). Keys and names are text,
 * decoded as `decodeText` of lib/classad does.
 */
export type LogRecord =
  & RecordPlace
  & (
    | {
      /** A new ad. */
      readonly op: 101;
      /** The ad's key. */
      readonly key: string;
      /** Its type, such as `Job` or `Machine`. */
      readonly myType: string;
      /** The type that it is matched with. */
      readonly targetType: string;
    }
    | {
      /** The ad is removed. */
      readonly op: 102;
      /** The ad's key. */
      readonly key: string;
    }
    | {
      /** An attribute is set. */
      readonly op: 103;
      /** The ad's key. */
      readonly key: string;
      /** The attribute's name. */
      readonly name: string;
      /** The expression, as the bytes of the log. */
      readonly value: Uint8Array;
    }
    | {
      /** An attribute is removed. */
      readonly op: 104;
      /** The ad's key. */
      readonly key: string;
      /** The attribute's name. */
      readonly name: string;
    }
    | {
      /** A transaction begins. */
      readonly op: 105;
    }
    | {
      /** A transaction ends. */
      readonly op: 106;
      /** The comment after it. */
      readonly comment: string | undefined;
    }
    | {
      /** The sequence number of the log. */
      readonly op: 107;
      /** The number. */
      readonly sequence: number;
      /** Seconds since 1970. */
      readonly creationTimestamp: number;
    }
  );

/**
 * Yields the records of a log that comes in pieces of any size. The memory
 * depends only on the largest piece and the longest record. A torn last record
 * is not yielded. Transactions are not resolved: records 105 and 106 are
 * yielded like all others.
 *
 * Throws {@linkcode QueueLogDamage} for a record that HTCondor cannot read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readRecords } from "./mod.ts";
 *
 * const bytes = new TextEncoder().encode("105 \n102 1.0\n106 #done\n");
 * const pieces = [bytes.subarray(0, 7), bytes.subarray(7)];
 * assertEquals([...readRecords(pieces)].map((r) => r.op), [105, 102, 106]);
 * ```
 */
export function* readRecords(
  pieces: Iterable<Uint8Array>,
): Generator<LogRecord, void, void> {
  const decoder = new RecordDecoder();
  for (const piece of pieces) {
    decoder.push(piece);
    yield* available(decoder);
  }
  decoder.end();
  yield* available(decoder);
}

/** Yields the records that can be read from the decoder's bytes. */
export function* available(
  decoder: RecordDecoder,
): Generator<LogRecord, void, void> {
  for (;;) {
    const outcome = decoder.next();
    if (outcome !== Outcome.record) {
      if (outcome === Outcome.bad || outcome === Outcome.stop) {
        throw new QueueLogDamage(
          `damaged queue log (${decoder.parser.reason})`,
          decoder.offset,
          "drop",
          { subject: `byte ${decoder.offset}` },
        );
      }
      return;
    }
    const record = recordOf(decoder);
    decoder.advance();
    yield record;
  }
}

function recordOf(decoder: RecordDecoder): LogRecord {
  const { parser, bytes, offset, failedAt: end } = decoder;
  const place = { offset, end };
  const key = () => textOf(bytes.subarray(parser.keyStart, parser.keyEnd));
  switch (parser.op) {
    case Op.newAd:
      return {
        op: 101,
        key: key(),
        myType: typeOf(bytes, parser.nameStart, parser.nameEnd),
        targetType: typeOf(bytes, parser.valueStart, parser.valueEnd),
        ...place,
      };
    case Op.destroyAd:
      return { op: 102, key: key(), ...place };
    case Op.set:
      return {
        op: 103,
        key: key(),
        name: nameOf(bytes, parser),
        value: bytes.slice(parser.valueStart, parser.valueEnd),
        ...place,
      };
    case Op.delete:
      return { op: 104, key: key(), name: nameOf(bytes, parser), ...place };
    case Op.begin:
      return { op: 105, ...place };
    case Op.end:
      return {
        op: 106,
        comment: parser.valueEnd > parser.valueStart
          ? textOf(bytes.subarray(parser.valueStart, parser.valueEnd))
          : undefined,
        ...place,
      };
    default:
      return {
        op: 107,
        sequence: leadingInteger(bytes, parser.keyStart, parser.keyEnd),
        creationTimestamp: leadingInteger(
          bytes,
          parser.valueStart,
          parser.valueEnd,
        ),
        ...place,
      };
  }
}

function nameOf(bytes: Uint8Array, parser: RecordParser): string {
  return textOf(bytes.subarray(parser.nameStart, parser.nameEnd));
}

function typeOf(bytes: Uint8Array, start: number, end: number): string {
  const word = textOf(bytes.subarray(start, end));
  return word === "(empty)" ? "" : word;
}

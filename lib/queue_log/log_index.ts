/**
 * The first pass over a log. It finds the ads and the places of their records.
 * Values are neither kept nor decoded.
 *
 * @module
 */
import type { AdList } from "./ad_list.ts";
import type { ByteSource } from "./byte_source.ts";
import { endOfTransactionFollows } from "./damage.ts";
import { QueueLogDamage } from "./errors.ts";
import type { WordNumbers } from "./word_numbers.ts";
import { IndexPass, type LogEnd } from "./index_pass.ts";
import { Outcome } from "./record.ts";
import type { RunList } from "./run_list.ts";

/** How many bytes of a log are read at a time by default. */
export const DEFAULT_WINDOW = 512 * 1024;
/** The result of the first pass. */
export interface LogIndex {
  readonly ads: AdList;
  readonly runs: RunList;
  /** The length of the part that counts, in bytes. */
  readonly committedBytes: number;
  /**
   * How many records are good, including those of an unfinished transaction.
   */
  readonly records: number;
  /** The sequence number of record 107, or 1 if there is none. */
  readonly sequence: number;
  /** The creation time of record 107 in seconds since 1970, or undefined. */
  readonly creationTimestamp: number | undefined;
  readonly end: LogEnd;
}

/**
 * Reads `source` once. With `tolerant`, everything that the schedd would
 * silently drop is dropped; otherwise only a torn end is. Throws
 * {@linkcode QueueLogDamage}. Bytes from `upTo` on are not read. `window` is
 * how many bytes are read at a time. With `names`, keys are words.
 */
export function indexLog(
  source: ByteSource,
  tolerant: boolean,
  upTo = source.size,
  window = DEFAULT_WINDOW,
  names?: WordNumbers,
): LogIndex {
  const limit = Math.min(upTo, source.size);
  const pass = new IndexPass(source, limit, window, { names });
  const end = pass.run();
  if (end.outcome === Outcome.bad || end.outcome === Outcome.stop) {
    const refuse = end.outcome === Outcome.bad &&
      endOfTransactionFollows(source, pass.failedAt);
    if (refuse || !tolerant) throw damageError(source, end, refuse);
  }
  pass.dropUnfinished();
  return indexOf(pass, end);
}

/** Returns the result of a pass. An unfinished transaction does not count. */
export function indexOf(pass: IndexPass, end: LogEnd): LogIndex {
  const { ads, runs, records, sequence, creationTimestamp } = pass;
  return {
    ads,
    runs,
    committedBytes: end.transaction < 0 ? end.offset : end.transaction,
    records,
    sequence,
    creationTimestamp,
    end,
  };
}

function damageError(
  source: ByteSource,
  end: LogEnd,
  refuse: boolean,
): QueueLogDamage {
  return new QueueLogDamage(
    `damaged queue log (${end.reason})`,
    end.offset,
    refuse ? "refuse" : "drop",
    {
      subject: `${source.name} at byte ${end.offset}`,
      remedy: refuse
        ? "a schedd would not start on it; `log verify` shows the damage"
        : "a schedd would drop everything after the damage; `log verify` shows it",
    },
  );
}

/**
 * A quick check of a log in which everything is as HTCondor writes it. One pass
 * finds the ads and checks the values. It ends before the first record that is
 * unusual. From there the exact check of record_check.ts reads on, and says what
 * it is.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import { IndexPass } from "./index_pass.ts";
import { JobFacts } from "./job_facts.ts";
import { WordNumbers } from "./word_numbers.ts";
import { DEFAULT_WINDOW, type LogIndex } from "./log_index.ts";
import type { LogKind } from "./log_kind.ts";
import { Outcome } from "./record.ts";
import { WatchedValues } from "./watched_values.ts";

/** The result of a quick check. */
export interface QuickCheck {
  /** The places of all records up to the end of the check. */
  readonly index: LogIndex;
  /** The keys, in a log whose keys are words. */
  readonly names: WordNumbers | undefined;
  /** How many transactions there are. */
  readonly transactions: number;
  /** Which jobs have everything that a schedd requires. */
  readonly facts: JobFacts;
  /**
   * How many jobs have each value of the watched attribute in their own ad.
   * Undefined if the check is not complete, or if no attribute is watched.
   */
  readonly watched: ReadonlyMap<string, number> | undefined;
  /** Whether there is nothing that an exact check has to explain. */
  readonly isComplete: boolean;
}

/**
 * Checks a log up to the first unusual record. Counts the values of the
 * attribute `watch`, if it is given.
 */
export function quickCheck(
  source: ByteSource,
  kind: LogKind,
  watch?: string,
): QuickCheck | undefined {
  const names = kind === "job-queue" ? undefined : new WordNumbers();
  const facts = new JobFacts();
  const watched = watch === undefined
    ? undefined
    : new WatchedValues(watch, facts);
  const pass = new IndexPass(source, source.size, DEFAULT_WINDOW, {
    names,
    check: watched ?? facts,
  });
  const end = pass.run();
  const isComplete = !pass.isOdd && end.outcome === Outcome.end &&
    end.transaction < 0;
  facts.ads = pass.ads;
  const { ads, runs, records, sequence, creationTimestamp } = pass;
  return {
    index: {
      ads,
      runs,
      records,
      sequence,
      creationTimestamp,
      committedBytes: source.size,
      end,
    },
    names,
    transactions: pass.transactions,
    facts,
    watched: isComplete ? watched?.counts(ads) : undefined,
    isComplete,
  };
}

/**
 * Returns what a quick check knows about the ads of an exact index of the same
 * log. It does not know the records after its end, and it knows those of a
 * transaction that never ends, from the offset `unfinished` on.
 */
export function keepFacts(
  quick: QuickCheck,
  { ads, runs }: LogIndex,
  unfinished: number,
): JobFacts {
  const { facts, index } = quick;
  // Both number the ads in the order of the log.
  for (let ad = 0; ad < ads.size; ad++) {
    const last = ads.lastRun(ad);
    const end = last < 0 ? Infinity : runs.offset(last) + runs.length(last);
    if (end > index.end.offset) facts.forget(ad);
  }
  for (let ad = 0; unfinished >= 0 && ad < index.ads.size; ad++) {
    const last = index.ads.lastRun(ad);
    if (last >= 0 && index.runs.offset(last) >= unfinished) facts.forget(ad);
  }
  facts.ads = ads;
  return facts;
}

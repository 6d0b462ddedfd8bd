/**
 * A quick check for logs in which everything is as HTCondor writes it. One pass
 * finds the ads and checks the values. As soon as it meets anything unusual, it
 * ends, and the exact check of record_check.ts reads the log from the beginning
 * and says what it is.
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
  /** The places of all records. */
  readonly index: LogIndex;
  /** The keys, in a log whose keys are words. */
  readonly names: WordNumbers | undefined;
  /** How many transactions there are. */
  readonly transactions: number;
  /** Which jobs have everything that a schedd requires. */
  readonly facts: JobFacts;
  /** How many jobs have each value of the watched attribute in their own ad. */
  readonly watched: ReadonlyMap<string, number> | undefined;
}

/**
 * Counts the values of the attribute `watch`, if it is given. Returns undefined
 * if there is anything that an exact check has to explain.
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
  if (
    pass.isOdd || end.outcome !== Outcome.end || end.transaction >= 0 ||
    pass.creationTimestamp === undefined
  ) return undefined;
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
    watched: watched?.counts(ads),
  };
}

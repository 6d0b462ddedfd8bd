/**
 * The first part of a check: one pass over a log finds the ads, checks the values
 * and explains what is unusual.
 *
 * @module
 */
import { expectedAds } from "./ad_runs.ts";
import type { ByteSource } from "./byte_source.ts";
import { Findings } from "./findings.ts";
import { IndexPass } from "./index_pass.ts";
import { JobFacts } from "./job_facts.ts";
import type { LogKind } from "./log_kind.ts";
import { DEFAULT_WINDOW, indexOf, type LogIndex } from "./log_index.ts";
import { RecordCheck } from "./record_check.ts";
import { WatchedValues } from "./watched_values.ts";
import { WordNumbers } from "./word_numbers.ts";

/** The result of {@linkcode checkRecords}. */
export interface CheckedRecords {
  /** The places of the records that count. */
  readonly index: LogIndex;
  /** The keys, in a log whose keys are words. */
  readonly names: WordNumbers | undefined;
  /** What is wrong with the records. */
  readonly findings: Findings;
  /** How many transactions there are. */
  readonly transactions: number;
  /** Which jobs have everything that a schedd requires. */
  readonly facts: JobFacts;
  /**
   * How many jobs have each value of the watched attribute in their own ad.
   * Undefined if that is not certain, or if no attribute is watched.
   */
  readonly watched: ReadonlyMap<string, number> | undefined;
}

/**
 * Checks the records of a log. Counts the values of the attribute `watch`, if it
 * is given.
 */
export function checkRecords(
  source: ByteSource,
  kind: LogKind,
  watch?: string,
): CheckedRecords {
  const names = kind === "job-queue" ? undefined : new WordNumbers();
  const expected = expectedAds(source.size);
  const facts = new JobFacts(expected);
  const watched = watch === undefined
    ? undefined
    : new WatchedValues(watch, facts, expected);
  const findings = new Findings();
  const records = new RecordCheck(source, kind, findings);
  const pass = new IndexPass(source, source.size, DEFAULT_WINDOW, {
    names,
    check: { values: watched ?? facts, records },
  });
  const end = pass.run();
  const hasRecords = pass.records > 0 || records.hasBadValue;
  if (hasRecords && !pass.beginsWithSequence) records.noSequence();
  records.end(end, pass.failedAt);
  pass.dropUnfinished((ad) => facts.unclear(ad));
  facts.ads = pass.ads;
  return {
    index: indexOf(pass, end),
    names,
    findings,
    transactions: pass.transactions,
    facts,
    // The values of an unfinished transaction are counted as well.
    watched: end.transaction < 0 ? watched?.counts(pass.ads) : undefined,
  };
}

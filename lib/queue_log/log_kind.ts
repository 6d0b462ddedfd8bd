/**
 * The ClassAd logs of HTCondor. All of them have the same records. They differ
 * in their keys, and in what the daemon does with the ads.
 *
 * @module
 */
import { type ByteSource, FileSource } from "./byte_source.ts";
import { visitLines } from "./line_pieces.ts";
import { latin1 } from "./text.ts";

/**
 * Whose log it is: the schedd's `job_queue.log`, the negotiator's
 * `Accountantnew.log`, the collector's log of offline ads
 * (`COLLECTOR_PERSISTENT_AD_LOG`), or another one.
 */
export type LogKind = "job-queue" | "accountant" | "collector" | "other";

/** Returns the daemon that reads the log, for messages. */
export function daemonOf(kind: LogKind): string {
  switch (kind) {
    case "job-queue":
      return "schedd";
    case "accountant":
      return "negotiator";
    case "collector":
      return "collector";
    default:
      return "daemon";
  }
}

// So many records decide. A damaged record may look like one of another log.
const VOTES = 64;
// Damage of this size at the beginning is not read further.
const MOST = 16 * 1024 * 1024;

/**
 * Returns whose log the file at `path` is. The keys of its first records
 * decide. A log without a good record counts as a job queue. Throws
 * {@linkcode QueueLogError} if the file cannot be read.
 */
export function kindOfLog(path: string): LogKind {
  const source = FileSource.open(path);
  try {
    return kindOfSource(source);
  } finally {
    source.close();
  }
}

/** Returns whose log it is. Works as {@linkcode kindOfLog}. */
export function kindOfSource(source: ByteSource): LogKind {
  const votes: Record<LogKind, number> = {
    "job-queue": 0,
    accountant: 0,
    collector: 0,
    other: 0,
  };
  let count = 0;
  visitLines(source, 0, Math.min(source.size, MOST), (bytes, start, end) => {
    const line = latin1(bytes, start, Math.min(end, start + 300));
    const key = /^10[1-4] (\S+)/.exec(line)?.[1];
    if (key === undefined) return true;
    votes[kindOfKey(key)]++;
    return ++count < VOTES;
  });
  const kinds = Object.keys(votes) as LogKind[];
  return kinds.reduce((best, kind) => votes[kind] > votes[best] ? kind : best);
}

/** Returns in which log there is such a key. */
export function kindOfKey(key: string): LogKind {
  if (/^\d+\.-?\d+$/.test(key)) return "job-queue";
  if (/^(Accountant|Customer|Resource)\./.test(key)) return "accountant";
  if (/^<.*>$/.test(key)) return "collector";
  return "other";
}

/**
 * The logs of public damage reports, rebuilt as small files.
 *
 * @module
 */
import type { LogKind, Verdict } from "../../lib/queue_log/mod.ts";
import { textOfBytes } from "./properties.ts";
import { loadNamed as loadNamedText } from "./salvage_campaign.ts";
import { loadAsSchedd as load, type Model } from "./schedd_model.ts";

/** A job queue log as a report describes it. */
export interface DamageReport {
  /** What happened, and where it was reported. */
  readonly name: string;
  readonly log: string;
  readonly from?: readonly string[];
  /** What a schedd does with the log. */
  readonly verdict: Verdict;
  /** The kinds of damage that a salvage finds. */
  readonly damage: readonly string[];
  /** The jobs of the salvaged log, `id:status`. */
  readonly jobs: readonly string[];
  /** The jobs that come out as they were. */
  readonly untouched: readonly string[];
}

/** The log of another daemon as a report describes it. */
export interface OtherReport {
  readonly name: string;
  readonly kind: LogKind;
  readonly log: string;
  readonly verdict: Verdict;
  /** The keys of the salvaged log. */
  readonly ads: readonly string[];
}

/** Loads a log in the model of the schedd. */
export function loadAsSchedd(log: Uint8Array): Model {
  return load(textOfBytes(log));
}

/** Loads a log whose keys are words in the model. */
export function loadNamed(log: Uint8Array): Model {
  return loadNamedText(textOfBytes(log));
}

function head(sequence: number): string {
  return `107 ${sequence} CreationTimestamp 1334245749\n` +
    "101 0.0 Job Machine\n103 0.0 NextClusterNum 9\n";
}

function cluster(id: number): string {
  return `101 0${id}.-1 Job Machine\n103 0${id}.-1 ClusterId ${id}\n` +
    `103 0${id}.-1 Owner "alice"\n103 0${id}.-1 JobUniverse 5\n` +
    `103 0${id}.-1 Cmd "/bin/sh"\n`;
}

function job(id: string, status: number): string {
  return `101 ${id} Job Machine\n103 ${id} ProcId ${id.split(".")[1]}\n` +
    `103 ${id} JobStatus ${status}\n103 ${id} Args "--of ${id}"\n`;
}

function change(id: string, status: number): string {
  return `105 \n103 ${id} JobStatus ${status}\n` +
    `103 ${id} EnteredCurrentStatus 1334245771\n106 \n`;
}

const queue = head(4) + cluster(1) + job("1.0", 1) + job("1.1", 1) +
  job("1.2", 1);

/** Puts a part of `later` over the beginning of `log`, as a write at 0 does. */
function overwritten(log: string, later: string): string {
  return later + log.slice(later.length);
}

const older = head(4) + cluster(1) + job("1.0", 1) + job("1.1", 2) +
  job("1.2", 1) + job("1.3", 1) + job("1.4", 1);
// Since then 1.0 has completed, and 1.3 and 1.4 were removed.
const newer = head(5) + cluster(1) + job("1.0", 4) + job("1.1", 2) +
  job("1.2", 1);

/** What was reported of job queue logs. */
export const reports: readonly DamageReport[] = [
  {
    name: "a record type that is no number (blog of E. Erlandson, 2012)",
    log: queue + change("1.0", 2).replace("103", "ZMG") + change("1.1", 2),
    verdict: "refuse",
    damage: ["rest-of-record"],
    jobs: ["1.0:5", "1.1:2", "1.2:5"],
    untouched: ["1.1"],
  },
  {
    name: "the same with nothing after it, which a schedd drops (2012)",
    log: queue + "105 \nZMG 1.0 JobStatus 2\n103 1.1 JobStatus 2\n",
    verdict: "drop",
    damage: ["unfinished-transaction", "rest-of-record"],
    jobs: ["1.0:5", "1.1:5", "1.2:5"],
    untouched: [],
  },
  {
    name: "a value that is no expression (2012)",
    log: queue + change("1.0", 2).replace("Status 2", "Status 2x +") +
      change("1.1", 2),
    verdict: "refuse",
    damage: ["bad-line"],
    jobs: ["1.0:5", "1.1:2", "1.2:5"],
    untouched: ["1.1"],
  },
  {
    name:
      "records that were appended to a torn one (source history, March 2008)",
    log: queue + "105 \n103 1.0 JobSta" + change("1.1", 2) + change("1.2", 2),
    verdict: "refuse",
    damage: ["bad-line"],
    jobs: ["1.0:5", "1.1:5", "1.2:2"],
    untouched: ["1.2"],
  },
  {
    name: "a transaction of which a full disk took the middle (ticket 6153)",
    log: queue + change("1.0", 2).slice(0, 30) + change("1.0", 4) +
      change("1.1", 2),
    verdict: "refuse",
    damage: ["bad-line"],
    jobs: ["1.0:4", "1.1:2", "1.2:5"],
    untouched: ["1.0", "1.1"],
  },
  {
    name: "a transaction written twice by a child process (ticket 6240)",
    log: queue + change("1.0", 2).slice(0, 25) + change("1.0", 2) +
      change("1.0", 4) + change("1.0", 2),
    verdict: "start",
    damage: ["nested-transaction"],
    jobs: ["1.0:5", "1.1:5", "1.2:5"],
    untouched: [],
  },
  {
    name:
      "records over the beginning of a log that was not compacted (ticket 1215)",
    log: overwritten(
      queue + change("1.0", 2) + change("1.1", 2),
      change("1.0", 4) + "105 \n102 1.1\n106 \n",
    ),
    verdict: "refuse",
    damage: [
      "no-sequence",
      "missing-ad",
      "missing-ad",
      "rest-of-record",
      "missing-ad",
      "duplicate-ad",
    ],
    jobs: ["1.0:5", "1.1:5", "1.2:5"],
    untouched: [],
  },
  {
    name:
      "a compacted log with the rest of an older one after it (ticket 6929)",
    log: newer + older.slice(newer.length - 8),
    verdict: "drop",
    damage: ["rest-of-record"],
    jobs: ["1.0:4", "1.1:2", "1.2:5", "1.3:5", "1.4:5"],
    untouched: ["1.0", "1.1"],
  },
  {
    name:
      "a cluster number that was given out twice (manual: SCHEDD_CLUSTER_INITIAL_VALUE)",
    log: queue.replace("NextClusterNum 9", "NextClusterNum 1") +
      "105 \n" + cluster(1) + job("1.0", 1) + "106 \n",
    verdict: "refuse",
    damage: ["next-cluster", "duplicate-ad", "duplicate-ad"],
    jobs: ["1.0:5", "1.1:5", "1.2:5"],
    untouched: [],
  },
  {
    name: "an empty log after a power cut, and the rotated log before it",
    log: "",
    from: [queue + change("1.0", 4)],
    verdict: "start",
    damage: ["empty"],
    jobs: ["1.1:5", "1.2:5"],
    untouched: [],
  },
  {
    name: "a log that ends in NUL bytes after a power cut",
    log: queue + change("1.0", 2) + "\0".repeat(512),
    verdict: "drop",
    damage: ["nul-bytes"],
    jobs: ["1.0:5", "1.1:5", "1.2:5"],
    untouched: [],
  },
];

/** What was reported of other logs. */
export const otherReports: readonly OtherReport[] = [
  {
    name:
      "a negotiator's log with blanks in its keys (version 7.8.4, ticket 3221)",
    kind: "accountant",
    log: "107 1 CreationTimestamp 1334245749\n" +
      "101 Accountant. * *\n103 Accountant. LastUpdateTime 1334245771\n" +
      "101 Customer.alice@test * *\n103 Customer.alice@test Priority 0.5\n" +
      "105 \n101 Resource.< slot1@host.test , 192.0.2.1 > * *\n" +
      '103 Resource.< slot1@host.test , 192.0.2.1 > RemoteUser "alice@test"\n' +
      "106 \n",
    verdict: "refuse",
    ads: [
      "Accountant.",
      "Customer.alice@test",
      "Resource.<slot1@host.test,192.0.2.1>",
    ],
  },
];

/**
 * How the schedds of different releases treat the same log. The record types
 * are the same from 23.0 to 25.14, so no release refuses a record of another
 * one. But releases treat some ads differently. The sources are
 * `condor_schedd.V6/qmgmt.cpp`, `condor_includes/proc.h` and `condor_adtypes.h`
 * of the release branches. The behaviour was tried on 23.9.6 and 25.14.1.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import { QueueLogError } from "./errors.ts";
import type { Findings } from "./findings.ts";
import type { QueueTable } from "./table.ts";

/** A release of HTCondor. */
export interface ScheddVersion {
  /** The version as it was given, such as `23.9.6`. */
  readonly text: string;
  /** The first number. */
  readonly major: number;
  /**
   * The second number. For a version without one, such as `23`, it is the
   * highest possible.
   */
  readonly minor: number;
}

/**
 * Parses a version such as `23.9.6`, `25.14` or `24`. Throws
 * {@linkcode QueueLogError} if the text is not a version, or is older than
 * 23.0. The schedds before 23.0 use other records.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseScheddVersion } from "./mod.ts";
 *
 * assertEquals(parseScheddVersion("23.9.6").minor, 9);
 * ```
 */
export function parseScheddVersion(text: string): ScheddVersion {
  const match = /^v?(\d{1,4})(?:\.(\d{1,4}|x))?(?:\.\d{1,4})?$/.exec(text);
  const major = Number(match?.[1] ?? 0);
  const minor = match?.[2] === undefined || match[2] === "x"
    ? 9999
    : Number(match[2]);
  if (major < 23) {
    throw new QueueLogError(
      match === null ? "not a version" : "version is too old",
      { subject: text, remedy: "name a version from 23.0 on, such as 23.9.6" },
    );
  }
  return { text, major, minor };
}

/**
 * Reports ads that a schedd of this version does not know, or treats
 * differently than other versions. All findings are warnings, because the
 * schedd loads the log.
 */
export function checkVersion(
  table: QueueTable,
  version: ScheddVersion,
  findings: Findings,
): void {
  const projects = isAtLeast(version, 24, 12);
  const name = `the schedd of ${version.text}`;
  for (const ad of table.ads()) {
    switch (ad.kind) {
      case "user":
        if (!projects && ad.myType.toLowerCase() === "project") {
          findings.add(
            "warning",
            "unknown-ad",
            ad.offset,
            `ad ${ad.key} is a project, which ${name} treats as a user record`,
          );
        }
        break;
      case "cluster-private":
        if (!projects) {
          findings.add(
            "warning",
            "unknown-ad",
            ad.offset,
            `ad ${ad.key} holds private attributes of a cluster, which ${name} keeps and does not use`,
          );
        }
        break;
      case "proc":
        checkStatus(ad, version, findings);
    }
  }
}

function checkStatus(
  job: QueueAd,
  version: ScheddVersion,
  findings: Findings,
): void {
  const preparing = isAtLeast(version, 25, 12);
  const highest = preparing ? 10 : 9;
  const name = `the schedd of ${version.text}`;
  const text = job.chainedText("JobStatus");
  if (text === undefined) {
    findings.add(
      "warning",
      "no-status",
      job.offset,
      `job ${job.key} has no JobStatus: ${name} ${
        preparing ? "makes it idle" : "never runs it"
      }`,
    );
  } else if (Number(text) > highest) {
    findings.add(
      "warning",
      "unknown-status",
      job.offset,
      `job ${job.key} has JobStatus ${text}, which ${name} does not know: it keeps the job and never runs it`,
    );
  }
}

function isAtLeast(
  version: ScheddVersion,
  major: number,
  minor: number,
): boolean {
  return version.major > major ||
    (version.major === major && version.minor >= minor);
}

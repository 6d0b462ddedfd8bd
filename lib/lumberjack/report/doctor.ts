/**
 * Examines everything that an export on a running schedd needs. Each check is a
 * function in the folder doctor/ and a line in one of the three tables here.
 *
 * @module
 */
import {
  loadConfig,
  locateSchedd,
  Schedd,
  type ScheddRequest,
  securityOf,
} from "../../condor/mod.ts";
import { ScheddJobQueue } from "../queue/schedd/job_queue.ts";
import { examineChanging, examineReading } from "./doctor/access.ts";
import { examineClock } from "./doctor/clock.ts";
import { examineCollectors } from "./doctor/collectors.ts";
import { examineConfiguration } from "./doctor/configuration.ts";
import {
  attempt,
  type Check,
  type Finding,
  ok,
  runChecks,
  type Tell,
} from "./doctor/finding.ts";
import { examineFiles } from "./doctor/files.ts";
import { examineExports, examineJobs } from "./doctor/jobs.ts";
import { examineLog } from "./doctor/queue_log.ts";
import type {
  HostSubject,
  QueueSubject,
  ScheddSubject,
} from "./doctor/subjects.ts";

export type { Finding, Tell };

/** Checks that need the configuration of this host only. */
const hostChecks: readonly Check<HostSubject>[] = [
  { name: "configuration", run: examineConfiguration },
  { name: "files", run: examineFiles },
];

/** Checks of the schedd before its jobs are read. */
const scheddChecks: readonly Check<ScheddSubject>[] = [
  { name: "clock", run: examineClock },
  { name: "reading", run: examineReading, required: true },
  { name: "changing", run: examineChanging, required: true },
];

/** Checks that read the jobs of the schedd. */
const queueChecks: readonly Check<QueueSubject>[] = [
  { name: "exports", run: examineExports },
  { name: "jobs", run: examineJobs },
];

/**
 * Examines everything that an export on a running schedd needs, and tells each
 * finding as soon as it is known. Never throws: an error becomes a finding.
 */
export async function examine(
  request: ScheddRequest,
  tell: Tell,
): Promise<void> {
  const config = await attempt("configuration", tell, loadConfig);
  if (!config) return;
  const security = await attempt(
    "security",
    tell,
    () => Promise.resolve(securityOf(config)),
  );
  if (!security) return;
  const host = { request, config, security };
  await runChecks(hostChecks, host, tell);
  const clocks = await examineCollectors(host, tell);
  const location = await attempt(
    "schedd",
    tell,
    () => locateSchedd(request, config, security),
  );
  if (!location) return;
  tell(ok("schedd", `${location.name} at ${location.address}`));
  const schedd = new Schedd(location, security);
  const subject = { ...host, location, schedd, clocks };
  if (!await runChecks(scheddChecks, subject, tell)) return;
  const queue = new ScheddJobQueue(schedd, await examineLog(subject, tell));
  try {
    await runChecks(queueChecks, { ...subject, queue }, tell);
  } finally {
    await queue.close();
  }
}

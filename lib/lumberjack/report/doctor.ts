import { type SecurityContext, startCommand } from "../../cedar/mod.ts";
import {
  collectorAddresses,
  collectorError,
  CondorConfig,
  DC_NOP_READ,
  loadConfig,
  locateSchedd,
  noConfiguration,
  queryScheddAds,
  Schedd,
  type ScheddLocation,
  type ScheddRequest,
  securityOf,
} from "../../condor/mod.ts";
import { planExport } from "../export/plan.ts";
import type { JobId } from "../job/id.ts";
import { managed, managedExternal } from "../job/lock.ts";
import { ScheddJobQueue } from "../queue/schedd/job_queue.ts";
import { readableLog } from "../queue/schedd/open.ts";
import { proveLog } from "../queue/schedd/proof.ts";
import { Selection } from "../job/selection.ts";
import { status } from "./status.ts";

/** What was looked at and what was found. */
export interface Finding {
  /** In one or two words: `collector`, `authorization`. */
  readonly check: string;
  /** `warning`: an export works, though not for everybody or not as fast. */
  readonly state: "ok" | "warning" | "failed";
  readonly message: string;
  /** What to change, by the configuration knob's name. */
  readonly remedy?: string;
}

/** Clocks that differ by more, in seconds, make tokens invalid. */
const tolerableSkew = 60;

/** Collectors drop ads that are older, in seconds (CLASSAD_LIFETIME). */
const longestLifetime = 1800;

/**
 * Looks at everything that an export on a running schedd needs, and tells each
 * finding as soon as it is known. Never throws: what cannot be found out is a
 * finding.
 */
export async function examine(
  request: ScheddRequest,
  tell: (finding: Finding) => void,
): Promise<void> {
  const config = await attempt("configuration", tell, loadConfig);
  if (!config) return;
  const security = await attempt(
    "security",
    tell,
    () => Promise.resolve(securityOf(config)),
  );
  if (!security) return;
  tell(ok("configuration", `from ${config.origin}`));
  for (const message of config.notes) {
    tell({
      check: "configuration",
      state: "warning",
      message,
      remedy: message === noConfiguration
        ? "set CONDOR_CONFIG, or put condor_config_val into the PATH"
        : "put condor_config_val into the PATH, which knows",
    });
  }
  const clocks = await examineCollectors(request, config, security, tell);
  const location = await attempt(
    "schedd",
    tell,
    () => locateSchedd(request, config, security),
  );
  if (!location) return;
  const schedd = new Schedd(location, security);
  tell(ok("schedd", `${location.name} at ${location.address}`));
  examineClock(location.name, clocks, tell);
  if (!await examineAccess(schedd, config, tell)) return;
  await examineQueue(schedd, location, config, tell);
}

/** What a collector says of a schedd: times in seconds since 1970. */
interface ClockReading {
  readonly schedd: string;
  /** When the collector last heard from it, by the collector's clock. */
  readonly heard: number;
  /** What its own clock said then. */
  readonly said: number;
}

async function examineCollectors(
  request: ScheddRequest,
  config: CondorConfig,
  security: SecurityContext,
  tell: (finding: Finding) => void,
): Promise<ClockReading[]> {
  const addresses = collectorAddresses(
    request.pool,
    config.list("COLLECTOR_HOST"),
    config.get("COLLECTOR_PORT"),
  );
  if (addresses.length === 0) {
    tell({
      check: "collector",
      state: "warning",
      message: "none is configured: only this host's schedd can be found",
      remedy: "set COLLECTOR_HOST, or name one with --pool",
    });
  }
  const clocks: ClockReading[] = [];
  for (const address of addresses) {
    await attempt("collector", tell, async () => {
      try {
        clocks.push(...await examineCollector(address, security, tell));
      } catch (error) {
        throw collectorError(error, address);
      }
    });
  }
  return clocks;
}

async function examineCollector(
  address: string,
  security: SecurityContext,
  tell: (finding: Finding) => void,
): Promise<ClockReading[]> {
  using connection = await startCommand(address, DC_NOP_READ, { security });
  const { version, authenticatedUser } = connection.peer;
  const ads = await queryScheddAds(
    address,
    { projection: ["Name", "LastHeardFrom", "MyCurrentTime"] },
    security,
  );
  const schedds = ads.map((ad) => ad.string("Name")).join(", ");
  tell(ok(
    "collector",
    `${address}, ${plainVersion(version)}, knows us as ${
      authenticatedUser ?? "nobody"
    }; schedds: ${schedds || "none"}`,
  ));
  return ads.flatMap((ad) => {
    const heard = ad.integer("LastHeardFrom");
    const said = ad.integer("MyCurrentTime");
    if (heard === undefined || said === undefined) return [];
    return [{ schedd: ad.string("Name") ?? "", heard, said }];
  });
}

/**
 * Whether clocks differ by so much that tokens and certificates do not hold.
 * An ad is older than now, so that our clock is compared from one side only,
 * unless the ad is older than collectors keep them.
 */
function examineClock(
  schedd: string,
  clocks: readonly ClockReading[],
  tell: (finding: Finding) => void,
): void {
  const warn = (message: string) =>
    tell({
      check: "clock",
      state: "warning",
      message,
      remedy:
        "set the clocks (date, chrony): tokens and certificates expire by them, FS works all the same",
    });
  const now = Date.now() / 1000;
  const newest = Math.max(...clocks.map(({ heard }) => heard));
  if (newest > now + tolerableSkew) {
    warn(
      `this host's clock is ${
        Math.round(newest - now)
      } s behind the collector's`,
    );
  } else if (newest < now - longestLifetime && clocks.length > 0) {
    warn(
      `this host's clock is ahead of the collector's: it was told ${
        Math.round(now - newest)
      } s ago of the schedds that it has`,
    );
  }
  const own = clocks.find((clock) => clock.schedd === schedd);
  if (own === undefined) return;
  const ahead = own.said - own.heard;
  if (Math.abs(ahead) <= tolerableSkew) return;
  warn(
    `the schedd's clock is ${Math.abs(ahead)} s ${
      ahead > 0 ? "ahead of" : "behind"
    } the collector's`,
  );
}

/** Whether the schedd lets us in, and as whom. */
async function examineAccess(
  schedd: Schedd,
  config: CondorConfig,
  tell: (finding: Finding) => void,
): Promise<boolean> {
  const reader = await attempt("reading", tell, () => schedd.hello("READ"));
  if (!reader) return false;
  tell(ok("reading", `allowed; ${plainVersion(reader.version)}`));
  const peer = await attempt("changing", tell, () => schedd.hello("WRITE"));
  if (!peer) return false;
  const user = peer.authenticatedUser;
  if (user === undefined) {
    tell({
      check: "changing",
      state: "failed",
      message: "the schedd lets us in without knowing who we are",
      remedy:
        "set SEC_CLIENT_AUTHENTICATION = REQUIRED and SEC_CLIENT_AUTHENTICATION_METHODS",
    });
    return false;
  }
  tell(ok(
    "changing",
    `allowed as ${user} by ${peer.method}, ${
      peer.encrypted ? "encrypted" : "not encrypted"
    }`,
  ));
  const name = user.split("@")[0];
  const superUsers = config.list("QUEUE_SUPER_USERS");
  tell(
    superUsers.includes(name) || superUsers.includes(user)
      ? ok("authorization", `${name} may change every user's jobs`)
      : {
        check: "authorization",
        state: "warning",
        message: `${name} may change its own jobs only`,
        remedy: `run as one of QUEUE_SUPER_USERS (${superUsers.join(", ")})`,
      },
  );
  return true;
}

async function examineQueue(
  schedd: Schedd,
  location: ScheddLocation,
  config: CondorConfig,
  tell: (finding: Finding) => void,
): Promise<void> {
  const log = await examineLog(schedd, location, config, tell);
  const queue = new ScheddJobQueue(schedd, log);
  try {
    await attempt("exports", tell, () => examineExports(queue, tell));
    await attempt("jobs", tell, () => examineJobs(queue, schedd, tell));
  } finally {
    await queue.close();
  }
}

/** Returns the schedd's log when it can be read and is this schedd's. */
async function examineLog(
  schedd: Schedd,
  location: ScheddLocation,
  config: CondorConfig,
  tell: (finding: Finding) => void,
): Promise<string | undefined> {
  if (!location.local) {
    tell(ok("queue log", "of another host: the schedd is asked instead"));
    return undefined;
  }
  const path = config.get("JOB_QUEUE_LOG");
  const warn = (message: string, remedy: string) =>
    tell({ check: "queue log", state: "warning", message, remedy });
  const log = readableLog(path);
  if (log === undefined) {
    warn(
      `${path} cannot be read: the schedd is asked instead`,
      "run as root or condor where exports are large; SPOOL and JOB_QUEUE_LOG have to be those of the schedd",
    );
    return undefined;
  }
  const proof = await attempt(
    "queue log",
    tell,
    () => proveLog(schedd, log, { mayWrite: true }),
  );
  if (proof?.kind === "proven" || proof?.kind === "empty") {
    tell(ok("queue log", `${log} can be read, and is this schedd's`));
    return proof.kind === "proven" ? log : undefined;
  }
  if (proof !== undefined) {
    warn(
      `${log} is not the log of ${schedd.name}: ${proof.reason}; the schedd is asked instead`,
      "set SPOOL and JOB_QUEUE_LOG to those of this schedd, or restart it after a change",
    );
  }
  return undefined;
}

async function examineExports(
  queue: ScheddJobQueue,
  tell: (finding: Finding) => void,
): Promise<void> {
  const { exports, locked } = await status(queue);
  tell(ok("exports", `${exports.length} under way, ${locked} jobs locked`));
  const interrupted = exports.filter(({ state }) => state === "planned");
  if (interrupted.length > 0) {
    tell({
      check: "exports",
      state: "warning",
      message: `${interrupted.length} interrupted: ${
        interrupted.map(({ exportId }) => exportId).join(", ")
      }`,
      remedy: "run lumberjack recover",
    });
  }
}

/** Which jobs could go now, why the others could not, and whether we may. */
async function examineJobs(
  queue: ScheddJobQueue,
  schedd: Schedd,
  tell: (finding: Finding) => void,
): Promise<void> {
  const plan = await planExport(queue, new Selection({ constraint: "true" }));
  const count = plan.owners.reduce((n, { jobs }) => n + jobs.length, 0);
  tell(ok("jobs", `${count} of ${plan.matched} could be exported now`));
  const reasons = new Map<string, number>();
  for (const { reason } of plan.skipped) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, jobs] of [...reasons].sort(([, a], [, b]) => b - a)) {
    tell(ok("jobs", `${jobs} stay: ${reason}`));
  }
  for (const { owner, jobs } of plan.owners) {
    if (await mayLock(schedd, jobs[0])) {
      tell(ok("locking", `allowed for jobs of ${owner}`));
    } else {
      tell({
        check: "locking",
        state: "warning",
        message: `the schedd does not let us lock jobs of ${owner}`,
        remedy:
          `run as ${owner} or one of QUEUE_SUPER_USERS; IMMUTABLE_JOB_ATTRS and PROTECTED_JOB_ATTRS must not hold ${managed}`,
      });
    }
  }
}

/** Asks the schedd without changing anything. */
async function mayLock(schedd: Schedd, job: JobId): Promise<boolean> {
  using management = await schedd.manageQueue("write");
  const [answer] = await management.maySet(
    [job],
    managed,
    `"${managedExternal}"`,
  );
  await management.close();
  return answer === "allowed";
}

function ok(check: string, message: string): Finding {
  return { check, state: "ok", message };
}

function plainVersion(version: string | undefined): string {
  const number = /^\$CondorVersion: (\S+)/.exec(version ?? "")?.[1];
  return number === undefined ? "version unknown" : `HTCondor ${number}`;
}

/** Turns an error into a finding. */
async function attempt<T>(
  check: string,
  tell: (finding: Finding) => void,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { subject, remedy } = error as { subject?: string; remedy?: string };
    const message = error instanceof Error ? error.message : String(error);
    tell({
      check,
      state: "failed",
      message: subject ? `${message}: ${subject}` : message,
      remedy,
    });
    return undefined;
  }
}

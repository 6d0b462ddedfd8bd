import {
  ClassAdSyntaxError,
  type Expr,
  parse,
  whyTooCostly,
} from "../classad/mod.ts";
import type { SecurityContext, WireAd } from "../cedar/mod.ts";
import {
  collectorAddresses,
  collectorError,
  queryScheddAds,
  quote,
} from "./collector.ts";
import type { CondorConfig } from "./config.ts";
import { LocateError } from "./errors.ts";
import {
  daemonName,
  fullName,
  noLocalSchedd,
  ownSchedd,
  type ScheddLocation,
} from "./local_schedd.ts";
import { chooseSchedd, defaultScheddConstraint } from "./schedd_choice.ts";

/** Selects a schedd. */
export interface ScheddRequest {
  /** The schedd's name, as condor_status -schedd shows it. */
  readonly name?: string;
  /** The collector to ask, `HOST[:PORT]`. The default is COLLECTOR_HOST. */
  readonly pool?: string;
  /** An expression that the schedd's ad must fulfil. */
  readonly constraint?: string;
}

const attributes = [
  "Name",
  "MyAddress",
  "CondorVersion",
  "RecentDaemonCoreDutyCycle",
  "TotalRunningJobs",
  "TotalIdleJobs",
];

/**
 * Finds the schedd as condor_q does (`Daemon::getDaemonInfo` in
 * condor_daemon_client/daemon.cpp). The first of these that gives a schedd
 * counts:
 *
 * 1. the collector's schedd with the name or the constraint of the request;
 * 2. the schedd that SCHEDD_HOST names;
 * 3. the schedd that wrote the address files of this host;
 * 4. the collector's schedd with the name of this host;
 * 5. the schedd of the pool that the prototype's rule chooses.
 *
 * If the request names only a pool, rule 5 chooses one of that pool's schedds.
 *
 * @throws {LocateError} If there is no schedd, or no collector answers.
 */
export async function locateSchedd(
  request: ScheddRequest,
  config: CondorConfig,
  security: SecurityContext,
): Promise<ScheddLocation> {
  const asked = request.name !== undefined || request.pool !== undefined ||
    request.constraint !== undefined;
  const host = config.get("SCHEDD_HOST");
  if (asked || host === undefined) {
    return await locateAsked(request, config, security);
  }
  if (/^(\[[^\]]*\]|[^:\s]+):\d+$/.test(host)) {
    const address = `<${host}>`;
    return { name: host, address, version: undefined, local: false };
  }
  const name = fullName(host, config);
  const own = ownSchedd(config);
  if (own !== undefined && name === daemonName(config)) return own;
  return await locateAsked({ name }, config, security);
}

async function locateAsked(
  request: ScheddRequest,
  config: CondorConfig,
  security: SecurityContext,
): Promise<ScheddLocation> {
  const own = ownSchedd(config);
  const asked = request.name !== undefined || request.pool !== undefined ||
    request.constraint !== undefined;
  if (!asked && own !== undefined) return own;
  if (!asked && config.list("COLLECTOR_HOST").length === 0) {
    throw noLocalSchedd(config);
  }
  if (!asked) {
    const named = await ofThisHost(config, security);
    if (named !== undefined) return named;
  }
  const constraint = request.constraint ??
    (request.name === undefined ? defaultScheddConstraint : "true");
  if (request.constraint !== undefined) assertEnds(request.constraint);
  const named = request.name === undefined
    ? constraint
    : `(${nameConstraint(request.name, config)}) && (${constraint})`;
  const ads = await askCollectors(named, request.pool, config, security);
  const found = choose(ads);
  if (found === undefined) {
    throw asked ? notInCollector(request) : noLocalSchedd(config);
  }
  return locationOf(found, own);
}

/** Asks the collector for a schedd with the name that this host's would have. */
async function ofThisHost(
  config: CondorConfig,
  security: SecurityContext,
): Promise<ScheddLocation | undefined> {
  const name = daemonName(config);
  if (name === undefined) return undefined;
  const constraint = `Name == ${quote(name)}`;
  const ads = await askCollectors(constraint, undefined, config, security);
  const found = choose(ads);
  return found && locationOf(found, undefined);
}

function locationOf(
  ad: WireAd,
  own: ScheddLocation | undefined,
): ScheddLocation {
  const told = ad.string("MyAddress")!;
  const local = own !== undefined && sameDaemon(own.address, told);
  return {
    name: ad.string("Name") ?? told,
    // On this host the schedd is reached without the broker (CCB) that is part
    // of the address in the collector.
    address: local ? own.address : told,
    version: ad.string("CondorVersion"),
    local,
  };
}

/** Throws for a constraint that could keep a collector busy for ever. */
function assertEnds(constraint: string): void {
  let expr: Expr;
  try {
    expr = parse(constraint);
  } catch (error) {
    // The collector will report the syntax error.
    if (error instanceof ClassAdSyntaxError) return;
    throw error;
  }
  const why = whyTooCostly(expr);
  if (why === undefined) return;
  throw new LocateError(`constraint could hang the collector (${why})`, {
    subject: constraint.slice(0, 200),
    remedy: "simplify it, or name the schedd with --name",
  });
}

/**
 * Returns a constraint that finds a schedd by the name as it was given, or by
 * its full name.
 */
function nameConstraint(name: string, config: CondorConfig): string {
  return [...new Set([name, fullName(name, config)])]
    .map((name) => `Name == ${quote(name)}`).join(" || ");
}

function choose(ads: readonly WireAd[]): WireAd | undefined {
  const usable = ads.filter((ad) => ad.string("MyAddress") !== undefined);
  return usable[
    chooseSchedd(usable.map((ad) => ({
      dutyCycle: numberOf(ad, "RecentDaemonCoreDutyCycle"),
      running: numberOf(ad, "TotalRunningJobs"),
      idle: numberOf(ad, "TotalIdleJobs"),
    })))
  ];
}

function numberOf(ad: WireAd, name: string): number | undefined {
  const value = Number(ad.rawText(name) ?? NaN);
  return Number.isFinite(value) ? value : undefined;
}

async function askCollectors(
  constraint: string,
  pool: string | undefined,
  config: CondorConfig,
  security: SecurityContext,
): Promise<WireAd[]> {
  const addresses = collectorAddresses(
    pool,
    config.list("COLLECTOR_HOST"),
    config.get("COLLECTOR_PORT"),
  );
  if (addresses.length === 0) {
    throw new LocateError("no collector is configured", {
      remedy: "set COLLECTOR_HOST, or name the pool with --pool HOST[:PORT]",
    });
  }
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await queryScheddAds(
        address,
        { constraint, projection: attributes },
        security,
      );
    } catch (error) {
      failure = error;
    }
  }
  throw collectorError(failure, addresses.join(", "));
}

function notInCollector(request: ScheddRequest): LocateError {
  if (request.name !== undefined) {
    return new LocateError("the collector knows no schedd of this name", {
      subject: request.name,
      remedy:
        "lumberjack doctor and condor_status -schedd list the known names (SCHEDD_NAME)",
    });
  }
  return new LocateError("no schedd satisfies the constraint", {
    subject: request.constraint ?? defaultScheddConstraint,
    remedy: request.constraint === undefined
      ? "add FERMIHTC_LUMBERJACK_SCHEDD = True to a schedd's SCHEDD_ATTRS, or use --name or --schedd-constraint"
      : "try condor_status -schedd -constraint",
  });
}

/**
 * Returns whether two addresses belong to one daemon. A daemon may announce its
 * address with different parameters.
 */
function sameDaemon(one: string, other: string): boolean {
  const id = (address: string) => {
    const host = /^<([^?>]*)/.exec(address)?.[1];
    return `${host} ${/[?&]sock=([^&>]*)/.exec(address)?.[1]}`;
  };
  return id(one) === id(other);
}

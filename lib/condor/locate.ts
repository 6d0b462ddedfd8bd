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
import { type CondorConfig, noConfiguration } from "./config.ts";
import { LocateError } from "./errors.ts";
import { chooseSchedd, defaultScheddConstraint } from "./schedd_choice.ts";

/** Which schedd is meant. */
export interface ScheddRequest {
  /** Its name, as condor_status -schedd shows it. */
  readonly name?: string;
  /** The collector to ask, `HOST[:PORT]`; COLLECTOR_HOST without. */
  readonly pool?: string;
  /** Choose among those for which this is true. */
  readonly constraint?: string;
}

/** A schedd and how to reach it. */
export interface ScheddLocation {
  /** Its name where it is known, else its address. */
  readonly name: string;
  /** A sinful string. */
  readonly address: string;
  /** As it told the collector or its address file. */
  readonly version: string | undefined;
  /** Whether it is the schedd of this host's own configuration. */
  readonly local: boolean;
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
 * condor_daemon_client/daemon.cpp): by name or constraint through the collector;
 * else the schedd that SCHEDD_HOST names; else this host's own by its address
 * file; else, where no schedd runs here or another pool is named, the schedd of
 * the pool that the prototype's rule chooses.
 *
 * @throws {LocateError} If there is none, or no collector answers.
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
  const own = readAddressFile(config);
  if (own !== undefined && name === daemonName(config)) return own;
  return await locateAsked({ name }, config, security);
}

/**
 * Returns a daemon's name as condor_q completes it: a name without `@` is that
 * of a host, and gets this host's domain when it has none (`get_daemon_name`).
 */
export function fullName(name: string, config: CondorConfig): string {
  if (name.includes("@") || name.includes(".")) return name;
  const domain = config.get("DEFAULT_DOMAIN_NAME") ??
    config.get("FULL_HOSTNAME")?.split(".").slice(1).join(".");
  return domain ? `${name}.${domain}` : name;
}

async function locateAsked(
  request: ScheddRequest,
  config: CondorConfig,
  security: SecurityContext,
): Promise<ScheddLocation> {
  const own = readAddressFile(config);
  const asked = request.name !== undefined || request.pool !== undefined ||
    request.constraint !== undefined;
  if (!asked && own !== undefined) return own;
  if (!asked && config.list("COLLECTOR_HOST").length === 0) {
    throw noLocalSchedd(config);
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
  const told = found.string("MyAddress")!;
  const local = own !== undefined && sameDaemon(own.address, told);
  return {
    name: found.string("Name") ?? told,
    // From this host it needs no broker (CCB), which it tells others of.
    address: local ? own.address : told,
    version: found.string("CondorVersion"),
    local,
  };
}

/** Throws for a constraint that could keep a collector busy for ever. */
function assertEnds(constraint: string): void {
  let expr: Expr;
  try {
    expr = parse(constraint);
  } catch (error) {
    // The collector says what it makes of it.
    if (error instanceof ClassAdSyntaxError) return;
    throw error;
  }
  const why = whyTooCostly(expr);
  if (why === undefined) return;
  throw new LocateError(`constraint could hang a collector (${why})`, {
    subject: constraint.slice(0, 200),
    remedy: "write it in a simpler way, or name the schedd with --name",
  });
}

/** Ads are found by the name as it was given, and by the name in full. */
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
    return new LocateError("no schedd of this name is in the collector", {
      subject: request.name,
      remedy:
        "lumberjack doctor and condor_status -schedd list the names (SCHEDD_NAME)",
    });
  }
  return new LocateError("no schedd satisfies the constraint", {
    subject: request.constraint ?? defaultScheddConstraint,
    remedy: request.constraint === undefined
      ? "add FERMIHTC_LUMBERJACK_SCHEDD = True to a schedd's SCHEDD_ATTRS, or use --name or --schedd-constraint"
      : "see condor_status -schedd -constraint",
  });
}

function noLocalSchedd(config: CondorConfig): LocateError {
  if (config.notes.includes(noConfiguration)) {
    return new LocateError("no schedd was found", {
      subject: noConfiguration,
      remedy:
        "set CONDOR_CONFIG, put condor_config_val into the PATH, or name the collector with --pool",
    });
  }
  const file = config.get("SCHEDD_ADDRESS_FILE");
  return new LocateError("no schedd runs on this host", {
    subject: file === undefined
      ? "SCHEDD_ADDRESS_FILE is not set"
      : `no address in ${file}`,
    remedy:
      "start it, check SPOOL and SCHEDD_ADDRESS_FILE, or name another with --name or --pool",
  });
}

/** The schedd of this host, by the file that it writes when it starts. */
export function readAddressFile(
  config: CondorConfig,
): ScheddLocation | undefined {
  const path = config.get("SCHEDD_ADDRESS_FILE");
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return undefined;
    throw new LocateError("cannot read the schedd's address", {
      cause: error,
      subject: path,
      remedy: "SCHEDD_ADDRESS_FILE has to be readable for whoever exports",
    });
  }
  const [address, version] = text.split("\n");
  if (!address.startsWith("<")) return undefined;
  // Since 25 the daemon's ad follows in the file.
  const name = /^Name = "(.*)"$/m.exec(text)?.[1];
  return {
    name: name ?? daemonName(config) ?? address,
    address,
    version: version || undefined,
    local: true,
  };
}

/** As a schedd calls itself (build_valid_daemon_name). */
function daemonName(config: CondorConfig): string | undefined {
  const host = config.get("FULL_HOSTNAME");
  const name = config.get("SCHEDD_NAME");
  if (name === undefined) return host;
  return name.includes("@") ? name : `${name}@${host}`;
}

/** One daemon may tell its address with other parameters. */
function sameDaemon(one: string, other: string): boolean {
  const id = (address: string) => {
    const host = /^<([^?>]*)/.exec(address)?.[1];
    return `${host} ${/[?&]sock=([^&>]*)/.exec(address)?.[1]}`;
  };
  return id(one) === id(other);
}

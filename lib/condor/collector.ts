import {
  CedarConnectError,
  CedarError,
  CedarTimeout,
  PeerClosedError,
  type SecurityContext,
  startCommand,
  type WireAd,
} from "../cedar/mod.ts";
import { QUERY_SCHEDD_ADS } from "./commands.ts";
import { remedyFor } from "./denied.ts";
import { LocateError } from "./errors.ts";

/** A query for ads of a collector. */
export interface AdQuery {
  /** The expression that selects the ads. By default all ads are returned. */
  readonly constraint?: string;
  /** The attributes to return. By default all are returned. */
  readonly projection?: readonly string[];
  /** Ends the query when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Returns a text as a string literal of old ClassAd syntax. */
export { quote } from "../cedar/mod.ts";

/**
 * Queries a collector for the ads of schedds.
 *
 * @param address The collector's address, `host:port` or a sinful string.
 * @returns The ads, in no particular order.
 * @throws {CedarError} If the collector cannot be reached or refuses.
 */
export async function queryScheddAds(
  address: string,
  query: AdQuery,
  security: SecurityContext,
): Promise<WireAd[]> {
  using connection = await startCommand(address, QUERY_SCHEDD_ADS, {
    security,
    signal: query.signal,
  });
  const ad: [string, string][] = [
    ["MyType", '"Query"'],
    ["TargetType", '"Scheduler"'],
    ["Requirements", query.constraint ?? "true"],
  ];
  if (query.projection) {
    ad.push(["Projection", `"${query.projection.join(" ")}"`]);
  }
  connection.send().putClassAd(ad).endOfMessage();
  const reader = connection.receive();
  const ads: WireAd[] = [];
  while (await reader.getInt() !== 0) ads.push(await reader.getClassAd());
  await reader.endOfMessage();
  return ads;
}

/**
 * Turns an error of the wire into one that names the collector and the
 * responsible knob. Other errors are returned unchanged.
 */
export function collectorError(error: unknown, subject: string): unknown {
  if (!(error instanceof CedarError)) return error;
  const silent = error instanceof CedarConnectError ||
    error instanceof CedarTimeout ||
    (error instanceof PeerClosedError && error.remedy === undefined);
  const what = silent
    ? "the collector did not answer"
    : "cannot talk to the collector";
  return new LocateError(`${what} (${error.message})`, {
    cause: error,
    subject,
    remedy: silent
      ? "check COLLECTOR_HOST or --pool, and that condor_collector runs there"
      : remedyFor(error, QUERY_SCHEDD_ADS),
  });
}

/**
 * Returns the addresses of the pool's collectors, `host:port` or sinful
 * strings. Hosts without a port get `port` (COLLECTOR_PORT).
 */
export function collectorAddresses(
  pool: string | undefined,
  configured: readonly string[],
  port = "9618",
): string[] {
  const hosts = pool === undefined ? configured : [pool];
  return hosts.map((host) => withPort(host, port));
}

function withPort(host: string, port: string): string {
  if (host.startsWith("<")) return host;
  // The forms are: host, host:port, host:port?sock=…, [v6] and [v6]:port.
  return /:\d+(\?.*)?$/.test(host.replace(/^\[[^\]]*\]/, ""))
    ? host
    : host.includes("?")
    ? host.replace("?", `:${port}?`)
    : `${host}:${port}`;
}

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

/** What to ask a collector for. */
export interface AdQuery {
  /** An expression that the ads have to satisfy; all of them without. */
  readonly constraint?: string;
  /** The attributes wanted; all of them without. */
  readonly projection?: readonly string[];
  /** Ends the query early. */
  readonly signal?: AbortSignal;
}

/** A literal of old ClassAd syntax that holds this text. */
export { quote } from "../cedar/mod.ts";

/**
 * Asks a collector for the ads of schedds.
 *
 * @param address The collector, `host:port` or a sinful string.
 * @returns The ads, in no order.
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

/** What went wrong with a collector, and the knob to turn. */
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
 * Returns the addresses of the pool's collectors, `host:port` or sinful strings.
 * `port` (COLLECTOR_PORT) is that of the hosts that are named without one.
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
  // host, host:port, host:port?sock=…, [v6] and [v6]:port.
  return /:\d+(\?.*)?$/.test(host.replace(/^\[[^\]]*\]/, ""))
    ? host
    : host.includes("?")
    ? host.replace("?", `:${port}?`)
    : `${host}:${port}`;
}

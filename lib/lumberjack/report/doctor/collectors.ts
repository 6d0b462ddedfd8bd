import { type SecurityContext, startCommand } from "../../../cedar/mod.ts";
import {
  collectorAddresses,
  collectorError,
  DC_NOP_READ,
  queryScheddAds,
} from "../../../condor/mod.ts";
import { attempt, ok, plainVersion, type Tell } from "./finding.ts";
import type { ClockReading, HostSubject } from "./subjects.ts";

/**
 * Asks each collector and returns what they say about clocks. A collector that
 * does not answer is a finding.
 */
export async function examineCollectors(
  { request, config, security }: HostSubject,
  tell: Tell,
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
  tell: Tell,
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

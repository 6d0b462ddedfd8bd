/**
 * What the negotiator and the collector do with the ads of their logs.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import type { Findings } from "./findings.ts";
import { type AdCounts, noAds, stringIn } from "./job_check.ts";
import type { QueueTable } from "./table.ts";

/**
 * Counts the ads of a log that is not a job queue. With `report`, ads that the
 * daemon does not use are findings.
 */
export function countAds(
  table: QueueTable,
  report: boolean,
  findings: Findings,
): AdCounts {
  const ads = noAds();
  for (const ad of table.ads()) {
    const reason = report ? whyUnused(table, ad) : undefined;
    if (reason === undefined) ads.other++;
    else findings.add("loss", "dropped-ad", ad.offset, `${ad.key} ${reason}`);
  }
  return ads;
}

/** Returns why the daemon does not use an ad of its log, or undefined. */
export function whyUnused(
  { kind }: { readonly kind: QueueTable["kind"] },
  ad: QueueAd,
): string | undefined {
  switch (kind) {
    case "accountant":
      // `CheckResources` in condor_negotiator.V6/Accountant.cpp
      return ad.key.startsWith("Resource.") && !stringIn(ad, "RemoteUser")
        ? "has no RemoteUser: the negotiator counts it for nobody"
        : undefined;
    case "collector":
      // `makeStartdAdHashKey` in condor_utils/hashkey.cpp
      return stringIn(ad, "Name") || stringIn(ad, "Machine")
        ? undefined
        : "has neither Name nor Machine: the collector ignores it";
    default:
      return undefined;
  }
}

/**
 * Compares what accounting reads, the history ad, of a job that came home with
 * that of the same job that ran here.
 *
 * @module
 */
import type { Pool } from "./harness/mod.ts";

/** The attributes of a history ad, by name, as text. */
export type HistoryAd = ReadonlyMap<string, string>;

/** Lets all completed jobs leave, and returns their history ads by cluster. */
export async function historyAds(pool: Pool): Promise<Map<number, HistoryAd>> {
  await pool.sh("condor_qedit -const 'JobStatus == 4' LeaveJobInQueue False");
  await pool.untilNone("JobStatus == 4", 120);
  const ads = await pool.history("true");
  return new Map(ads.map((ad) => [
    Number(ad.ClusterId),
    new Map(
      Object.entries(ad).map(([name, value]) => [
        name,
        JSON.stringify(value),
      ]),
    ),
  ]));
}

/** Returns the differences of two history ads that no place explains. */
export function unexplained(local: HistoryAd, away: HistoryAd): string[] {
  const names = new Set([...local.keys(), ...away.keys()]);
  const found: string[] = [];
  for (const name of [...names].sort()) {
    const [here, there] = [local.get(name), away.get(name)];
    if (here === there) continue;
    found.push(`${name}: ${here} here, ${there} away`);
  }
  return found;
}

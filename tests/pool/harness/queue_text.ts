/**
 * A second reader of queue logs, for comparing: as plain as the format allows,
 * whole text in memory, no code shared with lib/queue_log.
 *
 * @module
 */

/**
 * Ads by key, attributes by lower-case name, values as stored. The two types of
 * an ad stand under the name `101`.
 */
export type PlainAds = Map<string, Map<string, string>>;

/** Reads a log that is not damaged and whose transactions are all complete. */
export function readPlainAds(text: string): PlainAds {
  const ads: PlainAds = new Map();
  for (const line of text.split("\n")) {
    const [op, key, name = "", ...rest] = line.split(" ");
    if (op === "101") {
      ads.set(key, new Map([["101", [name, ...rest].join(" ")]]));
    }
    if (op === "102") ads.delete(key);
    if (op === "103") ads.get(key)?.set(name.toLowerCase(), rest.join(" "));
    if (op === "104") ads.get(key)?.delete(name.toLowerCase());
  }
  return ads;
}

/** The keys of the jobs, `CLUSTER.PROC`, sorted as text. */
export function jobKeys(ads: PlainAds): string[] {
  return [...ads.keys()].filter((key) => /^[1-9]\d*\.\d+$/.test(key)).sort();
}

/** The ads whose keys `keep` accepts as lines `KEY NAME = VALUE`, sorted. */
export function adLines(
  ads: PlainAds,
  keep: (key: string, name: string) => boolean,
): string[] {
  const lines: string[] = [];
  for (const [key, ad] of ads) {
    for (const [name, value] of ad) {
      if (keep(key, name)) lines.push(`${key} ${name} = ${value}`);
    }
  }
  return lines.sort();
}

/** Attributes of a job that the schedd itself sets when it loads it. */
export const setByLoading = new Set([
  ...["101", "autoclusterid", "autoclusterattrs", "mytype", "targettype"],
  ...["user", "jobstatus"],
]);

/**
 * The jobs' ads with what they inherit, as lines `ID NAME = VALUE`, sorted;
 * without what the schedd sets itself.
 */
export function jobLines(ads: PlainAds, jobs: readonly string[]): string[] {
  return jobs.flatMap((id) => {
    const cluster = ads.get(`0${id.split(".")[0]}.-1`) ?? [];
    const whole = new Map([...cluster, ...ads.get(id) ?? []]);
    return [...whole].filter(([name]) => !setByLoading.has(name))
      .map(([name, value]) => `${id} ${name} = ${value}`);
  }).sort();
}

/** The lines that only one of two lists has: whole ads would bury them. */
export function differences(
  actual: Iterable<string>,
  expected: Iterable<string>,
): { missing: string[]; surplus: string[] } {
  const [is, should] = [new Set(actual), new Set(expected)];
  return {
    missing: [...should.difference(is)],
    surplus: [...is.difference(should)],
  };
}

/** What `differences` answers for two equal lists. */
export const noDifferences = { missing: [], surplus: [] };

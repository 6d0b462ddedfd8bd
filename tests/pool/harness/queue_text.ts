/**
 * A second reader of queue logs, for comparison. It is as simple as the format
 * allows, keeps the whole text in memory, and shares no code with lib/queue_log.
 *
 * @module
 */

/**
 * Ads by key. An ad has its attributes by lower-case name, with values as stored.
 * The attribute `101` holds the two types of the ad.
 */
export type PlainAds = Map<string, Map<string, string>>;

/** Reads a log without damage, in which all transactions are complete. */
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

/** Returns the keys of the jobs, `CLUSTER.PROC`, sorted as text. */
export function jobKeys(ads: PlainAds): string[] {
  return [...ads.keys()].filter((key) => /^[1-9]\d*\.\d+$/.test(key)).sort();
}

/**
 * Returns the attributes that `keep` accepts as lines `KEY NAME = VALUE`,
 * sorted.
 */
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

/** Attributes that the schedd itself sets when it loads a job. */
export const setByLoading = new Set([
  ...["101", "autoclusterid", "autoclusterattrs", "mytype", "targettype"],
  ...["user", "jobstatus"],
]);

/**
 * Returns the attributes of jobs as lines `ID NAME = VALUE`, sorted. Attributes
 * of the cluster ad are included, those that the schedd itself sets are not.
 */
export function jobLines(ads: PlainAds, jobs: readonly string[]): string[] {
  return jobs.flatMap((id) => {
    const cluster = ads.get(`0${id.split(".")[0]}.-1`) ?? [];
    const whole = new Map([...cluster, ...ads.get(id) ?? []]);
    return [...whole].filter(([name]) => !setByLoading.has(name))
      .map(([name, value]) => `${id} ${name} = ${value}`);
  }).sort();
}

/**
 * Returns the lines that only one of two lists has, because whole ads are too
 * long.
 */
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

/** What `differences` returns for two equal lists. */
export const noDifferences = { missing: [], surplus: [] };

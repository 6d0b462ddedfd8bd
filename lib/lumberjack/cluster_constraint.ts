/**
 * Jobs as constraints on `ClusterId`, for the schedd to evaluate.
 *
 * @module
 */
import type { JobId } from "./job_id.ts";

/** How many runs of clusters stand in one constraint. */
const runsAtOnce = 50;
/** How many ranges a constraint for a batch has: each costs time on every job. */
const mostRanges = 8;

type Range = readonly [first: number, last: number];

/** The clusters of these jobs, each once, sorted. */
export function distinctClusters(ids: readonly JobId[]): number[] {
  return [...new Set(ids.map(({ cluster }) => cluster))].sort((a, b) => a - b);
}

/** Constraints that together mean these clusters, sorted, and no others. */
export function* clusterConstraints(
  clusters: readonly number[],
): Iterable<string> {
  const runs = [...runsOf(clusters)];
  for (let at = 0; at < runs.length; at += runsAtOnce) {
    yield runs.slice(at, at + runsAtOnce).map(rangeText).join(" || ");
  }
}

/**
 * One constraint that means these clusters, sorted, and perhaps others between
 * them: short, as a schedd evaluates it on every job that it has.
 */
export function coveringConstraint(clusters: readonly number[]): string {
  const runs = [...runsOf(clusters)];
  const first = runs[0]?.[0] ?? 0;
  const last = runs.at(-1)?.[1] ?? -1;
  const widest = runs.slice(1)
    .map(([start], at) => ({ at, gap: start - runs[at][1] }))
    .sort((a, b) => b.gap - a.gap)
    .slice(0, mostRanges - 1)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const ranges: Range[] = [];
  let from = 0;
  for (const at of [...widest, runs.length - 1]) {
    if (at >= 0) ranges.push([runs[from][0], runs[at][1]]);
    from = at + 1;
  }
  const all = rangeText([first, last]);
  return ranges.length < 2
    ? all
    : `${all} && (${ranges.map(rangeText).join(" || ")})`;
}

function* runsOf(clusters: readonly number[]): Iterable<Range> {
  for (let at = 0; at < clusters.length;) {
    const first = clusters[at];
    let last = first;
    while (clusters[++at] === last + 1) last++;
    yield [first, last];
  }
}

function rangeText([first, last]: Range): string {
  return first === last
    ? `ClusterId == ${first}`
    : `ClusterId >= ${first} && ClusterId <= ${last}`;
}

/**
 * Turns jobs into constraints on `ClusterId` that the schedd evaluates. The schedd
 * evaluates a constraint on every job that it has, and each time it visits the
 * complete expression, even the parts that do not decide (`SetParentScope`). So the
 * length of the expression is what costs time. With 200 000 jobs a number in a
 * list costs 7 ms, a range in a decision tree 30 ms, and a range in a row of
 * alternatives 80 ms.
 *
 * @module
 */
import type { JobId } from "../../job/id.ts";

/** At most so many numbers and ranges are in one constraint. */
const partsAtOnce = 400;
/** A batch names at most so many clusters one by one. */
const mostNamed = 100;
/** A batch of more clusters names at most so many ranges. */
const mostRanges = 8;
/** The clusters of a shorter run are named one by one. */
const shortestRange = 5;

type Range = readonly [first: number, last: number];

/** Returns the clusters of these jobs, each once, sorted. */
export function distinctClusters(ids: readonly JobId[]): number[] {
  return [...new Set(ids.map(({ cluster }) => cluster))].sort((a, b) => a - b);
}

/** Returns constraints that together select exactly these clusters, which are sorted. */
export function* clusterConstraints(
  clusters: readonly number[],
): Iterable<string> {
  const runs = [...runsOf(clusters)];
  const isLong = ([first, last]: Range) => last - first + 1 >= shortestRange;
  const parts = runs.flatMap((run): (number | Range)[] =>
    isLong(run) ? [run] : numbersOf(run)
  );
  for (let at = 0; at < parts.length; at += partsAtOnce) {
    const some = parts.slice(at, at + partsAtOnce);
    const numbers = some.filter((part) => typeof part === "number");
    const ranges = some.filter((part) => typeof part !== "number");
    const texts = ranges.length > 0 ? [rangesText(ranges)] : [];
    if (numbers.length === 1) texts.push(`ClusterId == ${numbers[0]}`);
    if (numbers.length > 1) {
      texts.push(`member(ClusterId, {${numbers.join(", ")}})`);
    }
    yield texts.length === 1 ? texts[0] : `(${texts.join(") || (")})`;
  }
}

/**
 * Returns one constraint that selects these clusters, which are sorted, and perhaps
 * others between them. If there is a selection's expression, it has to be true as
 * well. The schedd serves nobody else while it evaluates this constraint and sends
 * the jobs.
 */
export function batchConstraint(
  clusters: readonly number[],
  selection: string | undefined,
): string {
  if (selection !== undefined) {
    // The selection leaves out the clusters in between. One range costs the least.
    return `(${coveringConstraint(clusters, 1)}) && ${selection}`;
  }
  if (clusters.length === 0 || clusters.length > mostNamed) {
    return coveringConstraint(clusters, mostRanges);
  }
  const [exact] = clusterConstraints(clusters);
  return exact;
}

/**
 * Returns one constraint, of at most `most` ranges, that selects these clusters,
 * which are sorted, and perhaps others between them.
 */
export function coveringConstraint(
  clusters: readonly number[],
  most: number,
): string {
  const runs = [...runsOf(clusters)];
  if (runs.length === 0) return "false";
  const widest = runs.slice(1)
    .map(([start], at) => ({ at, gap: start - runs[at][1] }))
    .sort((a, b) => b.gap - a.gap)
    .slice(0, most - 1)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const ranges: Range[] = [];
  let from = 0;
  for (const at of [...widest, runs.length - 1]) {
    ranges.push([runs[from][0], runs[at][1]]);
    from = at + 1;
  }
  return rangesText(ranges);
}

function* runsOf(clusters: readonly number[]): Iterable<Range> {
  for (let at = 0; at < clusters.length;) {
    const first = clusters[at];
    let last = first;
    while (clusters[++at] === last + 1) last++;
    yield [first, last];
  }
}

/** Returns the ranges, which are sorted, as a decision tree. */
function rangesText(ranges: readonly Range[]): string {
  if (ranges.length === 1) return rangeText(ranges[0]);
  const middle = ranges.length >> 1;
  const [first] = ranges[middle];
  const below = rangesText(ranges.slice(0, middle));
  const above = rangesText(ranges.slice(middle));
  return `ClusterId < ${first} ? (${below}) : (${above})`;
}

function numbersOf([first, last]: Range): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function rangeText([first, last]: Range): string {
  return first === last
    ? `ClusterId == ${first}`
    : `ClusterId >= ${first} && ClusterId <= ${last}`;
}

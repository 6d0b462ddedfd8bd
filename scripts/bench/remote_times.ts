import type { Machine } from "../../tests/pool/harness/mod.ts";

/** When a job began and ended, in seconds since 1970. */
export interface JobTime {
  readonly begin: number;
  readonly end: number;
}

/** Where the slots' time went, from the first begin to the last end; parts of 1. */
export interface Usage {
  /** In which a job ran. */
  readonly used: number;
  /** Until each slot had its first job. */
  readonly rampUp: number;
  /** Between two jobs on one slot. */
  readonly gaps: number;
  /** After the last job of each slot. */
  readonly end: number;
  /** The seconds until each slot had its first job. */
  readonly rampUpSeconds: number;
  /** The average seconds between two jobs on one slot, by round. */
  readonly gapSeconds: readonly number[];
}

/** Counts where the time of so many slots went. */
export function usageOf(times: readonly JobTime[], slots: number): Usage {
  const begins = times.map(({ begin }) => begin).toSorted((a, b) => a - b);
  const ends = times.map(({ end }) => end).toSorted((a, b) => a - b);
  const first = begins[0], last = ends[ends.length - 1];
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  const whole = slots * (last - first);
  const used = sum(times.map(({ begin, end }) => end - begin));
  const rampUp = sum(begins.slice(0, slots).map((begin) => begin - first));
  const end = sum(ends.slice(-slots).map((end) => last - end));
  const gaps = whole - used - rampUp - end;
  return {
    ...{ used: used / whole, rampUp: rampUp / whole, gaps: gaps / whole },
    end: end / whole,
    rampUpSeconds: begins[slots - 1] - first,
    gapSeconds: gapsByRound(begins, ends, slots),
  };
}

/** A slot that becomes free gets the job that begins next. */
function gapsByRound(
  begins: readonly number[],
  ends: readonly number[],
  slots: number,
): number[] {
  const gaps = begins.slice(slots).map((begin, n) => begin - ends[n]);
  const rounds = Math.ceil(gaps.length / slots);
  return Array.from({ length: rounds }, (_, round) => {
    const some = gaps.slice(round * slots, (round + 1) * slots);
    return some.reduce((a, b) => a + b, 0) / some.length;
  });
}

/** Reads what the jobs wrote into /var/tmp/times. */
export async function timesOf(machine: Machine): Promise<JobTime[]> {
  const text = await machine.sh(
    `cd /var/tmp/times; for file in *.end; do
       echo $(cat \${file%.end}.begin) $(cat $file)
     done`,
    { timeout: 300 },
  );
  return text.trim().split("\n").map((line) => {
    const [begin, end] = line.split(" ").map(Number);
    return { begin, end };
  });
}

import type { Machine } from "../../tests/pool/harness/mod.ts";

/** When a job began and ended, in seconds since 1970. */
export interface JobTime {
  readonly begin: number;
  readonly end: number;
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

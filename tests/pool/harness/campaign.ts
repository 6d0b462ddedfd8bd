/**
 * Jobs of two users, with difficult names and values, and their expected results.
 *
 * @module
 */
import type { Pool } from "./pool.ts";

/** A submitted job, and how it must end. */
export interface ExpectedJob {
  readonly id: string;
  readonly owner: "alice" | "bob";
  /** `exit 3`, or `signal 9`. */
  readonly end: string;
  /** What the job writes to the file `out.CLUSTER.PROC`. */
  readonly output: string;
  /** The job's Iwd in the local queue. */
  readonly iwd: string;
}

/** The jobs that were submitted. */
export interface Campaign {
  /** Jobs that may leave, in any order. */
  readonly jobs: readonly ExpectedJob[];
  /** Held jobs of alice, which may not leave. */
  readonly held: readonly string[];
}

/** One ClassAd expression of about four thousand characters. */
const longExpression = Array.from(
  { length: 150 },
  (_, i) => `(TARGET.Site${i} =!= "no\\"${i}")`,
).join(" || ");

const quotes = `
executable = /bin/sh
arguments = "-c 'echo ""it''s $(Process)"" Grüße 漢字; sleep 1.2; exit $(Process)'"
environment = "GREETING='he said ""hi"" to ''all'''"
output = out.$(Cluster).$(Process)
log = /home/alice/jobs.log
+Title = "Grüße, \\"quoted\\" \\\\ backslash and 漢字 🪵"
+Long = ${longExpression}
+Nested = [ list = { 1, "two", 3.0 }; ad = [ x = MY.y ] ]
requirements = (Arch =!= "no \\"such\\" arch")
queue 3
`;

const killed = `
executable = /bin/sh
arguments = "-c 'cat in.txt; sleep 1.2; kill -9 $$'"
output = out.$(Cluster).$(Process)
queue
`;

const folders = `
executable = /bin/sh
arguments = "-c 'cat in.txt; sleep 1.2; exit 7'"
initialdir = /home/bob/run $(Process)
output = out.$(Cluster).$(Process)
queue 2
`;

const held = `
executable = /bin/true
hold = true
queue 2
`;

/** Submits jobs as alice and bob. */
export async function submitCampaign(pool: Pool): Promise<Campaign> {
  await pool.sh("mkdir '/home/bob/run 0' '/home/bob/run 1'", { user: "bob" });
  const [a] = await pool.submit(quotes, { user: "alice" });
  const [b] = await pool.submit(killed, { user: "alice" });
  const [c] = await pool.submit(folders, { user: "bob" });
  const [d] = await pool.submit(held, { user: "alice" });
  const home = { owner: "alice", iwd: "/home/alice" } as const;
  return {
    jobs: [
      ...[0, 1, 2].map((proc) => ({
        ...home,
        id: `${a}.${proc}`,
        end: `exit ${proc}`,
        output: `it's ${proc} Grüße 漢字\n`,
      })),
      { ...home, id: `${b}.0`, end: "signal 9", output: `input of ${b}.0\n` },
      ...[0, 1].map((proc) => ({
        id: `${c}.${proc}`,
        owner: "bob" as const,
        iwd: `/home/bob/run ${proc}`,
        end: "exit 7",
        output: `input of ${c}.${proc}\n`,
      })),
    ],
    held: [`${d}.0`, `${d}.1`],
  };
}

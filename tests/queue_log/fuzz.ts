/**
 * Looks for logs that break the rules in tests/queue_log/properties.ts. It
 * prints the seed of a log that breaks a rule. The same seed makes the same log
 * again.
 *
 *     scripts/deno task fuzz:queue-log [--seed N] [--count N] [--minutes N]
 *
 * @module
 */
import { Choices, mutate } from "./mutations.ts";
import { checkLog, textOfBytes } from "./properties.ts";

/** Which logs to try, and how long. */
export interface FuzzOptions {
  /** The seed of the first log. Each later log has the next seed. */
  readonly seed: number;
  /** The number of logs. */
  readonly count: number;
  /** The longest time to run, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * A short log with a record of every kind, so that most mutations change
 * something.
 */
export const smallLog = "107 2 CreationTimestamp 1700000000\n" +
  "101 0.0 Job Machine\n103 0.0 NextClusterNum 3\n" +
  '101 0.1 Owner (empty)\n103 0.1 User "alice@example.org"\n' +
  "105 \n101 01.-1 Job Machine\n103 01.-1 ClusterId 1\n" +
  '103 01.-1 Owner "alice"\n103 01.-1 JobUniverse 5\n' +
  '103 01.-1 Requirements (TARGET.Arch == "X86_64") && true\n' +
  "101 1.0 Job Machine\n103 1.0 ProcId 0\n103 1.0 JobStatus 1\n" +
  "101 1.1 Job Machine\n103 1.1 ProcId 1\n103 1.1 JobStatus 1\n106 \n" +
  '103 1.0 JobStatus 2\n105 \n103 1.0 A 1\n103 1.0 a "two\\""\n' +
  "104 1.0 JobStatus\n106 #comment\n105 \n102 1.1\n106 \n" +
  '103 1.0 \xc3\x84 "\xff"\n';

/**
 * Returns the logs to mutate: `smallLog`, an empty log, and logs of a real
 * schedd.
 */
export function startingLogs(): string[] {
  const folder = new URL("../data/htcondor-23.9.6/", import.meta.url);
  const logs = [smallLog, ""];
  for (const name of ["exported", "returned"]) {
    try {
      logs.push(
        textOfBytes(
          Deno.readFileSync(new URL(`${name}/job_queue.log`, folder)),
        ),
      );
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return logs;
}

/**
 * Returns the number of logs tried. Throws an error for the first log that
 * breaks a rule.
 */
export function fuzz(options: FuzzOptions): number {
  const logs = startingLogs();
  const end = performance.now() + options.milliseconds;
  let done = 0;
  for (; done < options.count && performance.now() < end; done++) {
    const seed = options.seed + done;
    const choices = new Choices(seed);
    // Most of the time use the short log, because checking it is fast.
    let text = choices.below(8) === 0 ? choices.of(logs) : logs[0];
    const changes = 1 + choices.below(4);
    for (let i = 0; i < changes; i++) text = mutate(text, choices);
    try {
      checkLog(text, choices);
    } catch (cause) {
      throw new Error(`--seed ${seed} --count 1: ${JSON.stringify(text)}`, {
        cause,
      });
    }
  }
  return done;
}

if (import.meta.main) {
  const value = (name: string, otherwise: number): number => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const minutes = value("minutes", 1);
  const seed = value("seed", Date.now() % 1_000_000_000);
  console.log(`seed ${seed}`);
  const done = fuzz({
    seed,
    count: value("count", Number.MAX_SAFE_INTEGER),
    milliseconds: minutes * 60_000,
  });
  console.log(`${done} logs, no difference`);
}

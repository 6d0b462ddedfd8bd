import type { Machine } from "../../tests/pool/harness/mod.ts";

/** Where the startds have their files. */
const home = "/home/bob/many";

/**
 * Starts a condor_master with `count` startds, which join the pool that `config`
 * configures. Each has a name and a slot of its own.
 */
export async function manyStartds(
  machine: Machine,
  config: string,
  count: number,
): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  const each = numbers.map((n) => {
    const own = {
      STARTD_NAME: `w${n}`,
      EXECUTE: `${home}/execute/${n}`,
      STARTD_ADDRESS_FILE: `${home}/log/.startd_address.${n}`,
      STARTD_CLAIM_ID_FILE: `${home}/log/.startd_claim_id.${n}`,
    };
    const variables = Object.entries(own)
      .map(([name, value]) => `_CONDOR_${name}=${value}`);
    return `STARTD_W${n} = $(SBIN)/condor_startd
STARTD_W${n}_ARGS = -f -local-name w${n}
STARTD_W${n}_ENVIRONMENT = "${variables.join(" ")}"
`;
  });
  const names = numbers.map((n) => `STARTD_W${n}`).join(" ");
  const text = `include : ${config}
LOCAL_DIR = ${home}
LOCK = ${home}/lock
RUN = ${home}/run
DAEMON_SOCKET_DIR = ${home}/sock
SHARED_PORT_PORT = 0
NUM_CPUS = 1
MEMORY = 128
DAEMON_LIST = MASTER SHARED_PORT ${names}
DC_DAEMON_LIST = +${names}
${each.join("")}`;
  const bob = { user: "bob" };
  await machine.sh(
    `mkdir -p ${home} && cd ${home} && mkdir log lock run sock execute &&
     mkdir ${numbers.map((n) => `execute/${n}`).join(" ")}`,
    bob,
  );
  await machine.write(`${home}/condor_config`, text, bob);
  await machine.run(["condor_master"], {
    ...bob,
    env: { CONDOR_CONFIG: `${home}/condor_config` },
    // The master starts all startds before it goes on in the background.
    timeout: 900,
  });
}

/**
 * The processor time in seconds that all startds, and what they started, have used
 * together.
 */
export async function startdsTime(machine: Machine): Promise<number> {
  const { stdout } = await machine.try([
    ...["sh", "-c", "cat /proc/[0-9]*/stat | grep -F '(condor_startd)'"],
  ]);
  const ticks = stdout.trim().split("\n").flatMap((line) =>
    line.slice(line.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number)
  );
  return ticks.reduce((sum, n) => sum + n, 0) / 100;
}

/** How the startds joined, by the logs; times in seconds. */
export async function joiningOf(
  machine: Machine,
  spool: string,
): Promise<{ middle: number; longest: number; failures: number }> {
  const collector = await machine.read(
    `${spool}/lumberjack/pool/log/CollectorLog`,
  );
  const joined = new Map<string, number>();
  for (const line of collector.split("\n")) {
    const number = /Inserting .*\bw(\d+)@/.exec(line)?.[1];
    if (number !== undefined && !joined.has(number)) {
      joined.set(number, timeOf(line));
    }
  }
  // The master names each log after its daemon.
  const logs = await machine.sh(
    `cd ${home}/log; for n in W*Log; do
       echo "$n $(head -n 1 $n)"
     done; echo; grep -ciE 'timed out|failed to (connect|send)' W*Log |
       sed 's/.*://'`,
  );
  const [begins, failures] = logs.trim().split("\n\n");
  const times = begins.split("\n").map((line) => {
    const number = /^W(\d+)Log/.exec(line)?.[1] ?? "";
    return (joined.get(number) ?? Infinity) - timeOf(line);
  }).toSorted((a, b) => a - b);
  return {
    middle: times[Math.floor(times.length / 2)],
    longest: times[times.length - 1],
    failures: failures.split("\n").reduce((sum, n) => sum + Number(n), 0),
  };
}

/** The time of day in a line of a log, in seconds. */
function timeOf(line: string): number {
  const [hours, minutes, seconds] = (/\d\d:\d\d:\d\d/.exec(line)?.[0] ?? "")
    .split(":").map(Number);
  return 3600 * hours + 60 * minutes + seconds;
}

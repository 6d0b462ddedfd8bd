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
      STARTD_LOG: `${home}/log/StartLog.${n}`,
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

/** The processor time in seconds that all startds together have used. */
export async function startdsTime(machine: Machine): Promise<number> {
  const { stdout } = await machine.try(
    ["ps", "-C", "condor_startd", "-o", "cputimes="],
  );
  return stdout.trim().split("\n").reduce((sum, n) => sum + Number(n), 0);
}

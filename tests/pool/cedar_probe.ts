/**
 * Runs inside a pool's machine for tests/pool/cedar_*_test.ts. It takes a request
 * as JSON, talks to daemons with lib/cedar and prints the results as JSON.
 */
import {
  AuthenticationError,
  CedarError,
  PeerDeniedError,
  queryAuthorization,
  SecurityContext,
  type SecurityPolicy,
  Sinful,
  startCommand,
} from "../../lib/cedar/mod.ts";

/** One exchange with a daemon. */
export interface Step {
  /**
   * `nop` sends DC_NOP, or `command`. `schedds` and `jobs` are queries. `may`
   * asks whether `command` is allowed.
   */
  do: "nop" | "schedds" | "jobs" | "may";
  /**
   * A sinful string, `host:port`, or `schedd`: the address in its address file.
   */
  address: string;
  /** The number of a command to send instead of the usual one. */
  command?: number;
  /** The constraint of a query. */
  constraint?: string;
  /** How many seconds to wait before this step. */
  wait?: number;
  /**
   * Before this step, the probe writes the file `ready` and waits until the file
   * `go` exists.
   */
  meet?: { ready: string; go: string };
}

/** The result of a step. */
export interface StepResult {
  user?: string;
  method?: string;
  version?: string;
  encrypted?: boolean;
  resumed?: boolean;
  /** The names of schedds or the ids of jobs. */
  names?: string[];
  error?: {
    name: string;
    message: string;
    subject?: string;
    remedy?: string;
    code?: string;
    returnCode?: string;
    failures?: unknown;
  };
}

const DC_NOP = 60011;
const QUERY_SCHEDD_ADS = 6;
const QUERY_JOB_ADS = 516;

async function run(
  step: Step,
  security: SecurityContext,
): Promise<StepResult> {
  if (step.wait) await new Promise((r) => setTimeout(r, 1000 * step.wait!));
  if (step.meet) await meet(step.meet);
  const text = step.address === "schedd"
    ? Deno.readTextFileSync("/var/spool/condor/.schedd_address").split("\n")[0]
    : step.address;
  const usual = {
    nop: DC_NOP,
    schedds: QUERY_SCHEDD_ADS,
    jobs: QUERY_JOB_ADS,
    may: DC_NOP,
  };
  const command = step.command ?? usual[step.do];
  const address = Sinful.parse(text);
  if (step.do === "may") {
    const { authenticatedUser, method } = await queryAuthorization(
      address,
      command,
      { security },
    );
    return { user: authenticatedUser, method };
  }
  using connection = await startCommand(address, command, { security });
  const { peer } = connection;
  const result: StepResult = {
    user: peer.authenticatedUser,
    method: peer.method,
    version: peer.version,
    encrypted: peer.encrypted,
    resumed: peer.resumed,
  };
  if (step.do === "nop") return result;
  const constraint = step.constraint ?? "true";
  connection.send().putClassAd([["Requirements", constraint]]).endOfMessage();
  result.names = step.do === "schedds"
    ? await Array.fromAsync(schedds(connection.receive()))
    : await Array.fromAsync(jobs(connection.receive()));
  return result;
}

async function meet({ ready, go }: { ready: string; go: string }) {
  Deno.writeTextFileSync(ready, "");
  for (;;) {
    try {
      Deno.statSync(go);
      return;
    } catch {
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

type Reader = ReturnType<Awaited<ReturnType<typeof startCommand>>["receive"]>;

async function* schedds(reader: Reader): AsyncGenerator<string> {
  while (await reader.getInt() !== 0) {
    const ad = await reader.getClassAd();
    yield ad.string("Name") ?? "";
  }
  await reader.endOfMessage();
}

async function* jobs(reader: Reader): AsyncGenerator<string> {
  for (;;) {
    const ad = await reader.getClassAd();
    await reader.endOfMessage();
    if (ad.integer("Owner") === 0) return;
    yield `${ad.integer("ClusterId")}.${ad.integer("ProcId")}`;
  }
}

function describe(error: unknown): StepResult {
  if (!(error instanceof CedarError)) throw error;
  const { name, message, subject, remedy } = error;
  return {
    error: {
      name,
      message,
      subject,
      remedy,
      code: error instanceof AuthenticationError ? error.code : undefined,
      returnCode: error instanceof PeerDeniedError
        ? error.returnCode
        : undefined,
      failures: error instanceof AuthenticationError
        ? error.failures
        : undefined,
    },
  };
}

if (import.meta.main) {
  const { policy, steps } = JSON.parse(Deno.args[0]) as {
    policy: Partial<SecurityPolicy>;
    steps: Step[];
  };
  const security = new SecurityContext(policy);
  const results: StepResult[] = [];
  for (const step of steps) {
    results.push(await run(step, security).catch(describe));
  }
  console.log(JSON.stringify(results));
}

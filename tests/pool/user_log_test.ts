import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { dirname, fromFileUrl, join } from "@std/path";
import { readEvents } from "../../lib/user_log/mod.ts";
import { Pool, poolTest, roots } from "./harness/mod.ts";
import { makeLogs, scenarioConfig } from "./user_log_scenario.ts";

const tests = dirname(dirname(fromFileUrl(import.meta.url)));
const driver = join(tests, "user_log", "oracle_driver.py");

/** An event as HTCondor's own reader gives it; `error` when it refuses it. */
interface OracleEvent {
  readonly number?: number;
  readonly cluster?: number;
  readonly proc?: number;
  readonly ad?: string;
  readonly error?: string;
}

async function askHTCondor(
  pool: Pool,
  logs: readonly Uint8Array[],
): Promise<OracleEvent[][]> {
  const program = await Deno.readTextFile(driver);
  const requests = logs.map((log) =>
    JSON.stringify({ log: Buffer.from(log).toString("base64") }) + "\n"
  ).join("");
  const said = await pool.python(program, [], { stdin: requests });
  return said.trim().split("\n").map((line) => JSON.parse(line));
}

/** Number, job and time of an event, which is what a reader acts upon. */
function line(number: number, cluster: number, proc: number, ad: string) {
  const { EventTime } = JSON.parse(ad) as { EventTime?: string };
  return `${number} ${cluster}.${proc} ${EventTime?.slice(0, 19)}`;
}

for (const root of roots) {
  // DAGMan waits long for a log that is XML or JSON: each form on one version.
  const slow = root === "trixie" ? "XML" : "JSON";
  for (const format of ["", "UTC, ISO_DATE, SUB_SECOND", slow]) {
    poolTest(
      `on ${root}, we read a user log of format "${format}" as HTCondor's own reader does`,
      async () => {
        await using pool = await Pool.start({
          root,
          slots: 8,
          config: scenarioConfig +
            (format && `DEFAULT_USERLOG_FORMAT_OPTIONS = ${format}\n`),
        });
        const logs = Object.values(await makeLogs(pool, "/home/alice"));
        const answers = await askHTCondor(pool, logs);
        let count = 0;
        for (const [at, log] of logs.entries()) {
          const expected = answers[at].flatMap((event) =>
            event.ad === undefined
              ? []
              : [line(event.number!, event.cluster!, event.proc!, event.ad)]
          );
          const ours = readEvents(log)
            .filter(({ problem }) => problem === undefined)
            .map((event) => {
              const time = event.ad.evaluate("EventTime");
              const ad = JSON.stringify({ EventTime: String(time) });
              return line(event.number, event.cluster, event.proc, ad);
            });
          assertEquals(ours, expected);
          count += ours.length;
        }
        assert(count > 40, `only ${count} events`);
      },
    );
  }
}

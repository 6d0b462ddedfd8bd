import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { dirname, fromFileUrl, join } from "@std/path";
import {
  type EventFormat,
  type LogFormat,
  readEvents,
  type UserLogEvent,
  writeEvent,
} from "../../lib/user_log/mod.ts";
import { withoutWhatAdsLack } from "../user_log/real_logs.ts";
import { Pool, poolTest, type Root } from "./harness/mod.ts";
import { makeLogs, scenarioConfig } from "./user_log_scenario.ts";

const tests = dirname(dirname(fromFileUrl(import.meta.url)));
const driver = join(tests, "user_log", "oracle_driver.py");

/** An event as HTCondor's own reader reads it, or the `error` of the reader. */
interface OracleEvent {
  readonly number?: number;
  readonly cluster?: number;
  readonly proc?: number;
  readonly ad?: string;
  readonly error?: string;
}

/** The attributes of an event, by name. */
type Attributes = Record<string, unknown>;

/** Lets HTCondor's reader read logs. Returns the attributes of all events. */
async function askHTCondor(
  pool: Pool,
  logs: readonly Uint8Array[],
): Promise<Attributes[][]> {
  const program = await Deno.readTextFile(driver);
  const pieces = logs.map(inPieces);
  const requests = pieces.flat().map((log) =>
    JSON.stringify({ log: Buffer.from(log).toString("base64") }) + "\n"
  ).join("");
  const said = await pool.python(program, [], { stdin: requests });
  const answers: OracleEvent[][] = said.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  return pieces.map(({ length }) =>
    answers.splice(0, length).flat()
      .filter(({ ad }) => ad !== undefined).map(({ ad }) => attributes(ad!))
  );
}

/**
 * Splits a JSON log into its events, because HTCondor 23.9 reads only the first
 * event of a JSON log.
 */
function inPieces(log: Uint8Array): Uint8Array[] {
  return log[0] === 0x7b ? readEvents(log).map(({ bytes }) => bytes) : [log];
}

/**
 * Returns the attributes of an ad, with the time in whole seconds. Attributes that
 * one of HTCondor's readers forgets are left out: resources that were not
 * requested (JSON and XML), and why a job was evicted (23.9, classic logs). The
 * notes of DAGMan at a submit event are left out too, because the releases write
 * them in different ways.
 */
function attributes(json: string): Attributes {
  const ad = JSON.parse(json) as Attributes;
  ad.EventTime = String(ad.EventTime).replace(/\.\d+|Z$/g, "");
  const forgotten = ad.MyType === "JobTerminatedEvent"
    ? /^(GPUs|Time\w+Usage)$/
    : ad.MyType === "JobEvictedEvent"
    ? /^Reason$/
    : /^StructuredNotes$/;
  if (/^(\[ )?DAG ?Node/.test(String(ad.LogNotes))) delete ad.LogNotes;
  const names = Object.keys(ad).sort().filter((name) => !forgotten.test(name));
  return Object.fromEntries(names.map((name) => [name, ad[name]]));
}

/** Rounds all numbers to two decimal places, as in classic logs. */
function rounded(events: readonly Attributes[]): Attributes[] {
  const round = (value: unknown) =>
    typeof value === "number" ? Number(value.toFixed(2)) : value;
  return events.map((ad) =>
    Object.fromEntries(
      Object.entries(ad).map(([name, value]) => [name, round(value)]),
    )
  );
}

function ours(log: Uint8Array): Attributes[] {
  return readEvents(log).filter(({ problem }) => problem === undefined)
    .map((event) => attributes(event.ad.toJson()));
}

const forms: readonly EventFormat[] = [
  { log: "classic", isoDate: true, utc: false, subSecond: false },
  { log: "classic", isoDate: false, utc: false, subSecond: false },
  { log: "classic", isoDate: true, utc: true, subSecond: true },
  { log: "xml", isoDate: true, utc: false, subSecond: false },
  { log: "json", isoDate: true, utc: true, subSecond: false },
];

function rewrite(log: Uint8Array, format: EventFormat): Uint8Array {
  const events = readEvents(log).filter((event) => !event.problem);
  return Buffer.concat(events.map((event) => writeEvent(event, format)));
}

/**
 * Returns each event of a log with the texts of the same event in another log.
 */
function pairs(
  from: Uint8Array,
  to: Uint8Array,
): [UserLogEvent, readonly string[]][] {
  const key = ({ number, cluster, proc, subproc, time }: UserLogEvent) =>
    [number, cluster, proc, subproc, time.seconds].join(" ");
  const byKey = Map.groupBy(readEvents(to), key);
  return readEvents(from).flatMap((event) => {
    const found = byKey.get(key(event));
    const texts = found?.map(({ bytes }) => text(bytes));
    return texts ? [[event, texts] as const].map(([e, t]) => [e, t]) : [];
  }) as [UserLogEvent, readonly string[]][];
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();

interface Case {
  readonly root: Root;
  /**
   * The options of the global log, which has the same events as the jobs' log.
   */
  readonly global: string;
  readonly globalFormat: EventFormat;
  /** The options of the jobs' log. */
  readonly options: string;
  /** The job's attribute UserLogUseXML. */
  readonly log: LogFormat;
  readonly userFormat: EventFormat;
}

const cases: readonly Case[] = [{
  root: "trixie",
  options: "UTC, SUB_SECOND",
  log: "classic",
  userFormat: forms[2],
  global: "JSON, UTC",
  globalFormat: forms[4],
}, {
  root: "sid",
  options: "",
  log: "json",
  userFormat: { ...forms[4], utc: false },
  global: "XML",
  globalFormat: forms[3],
}];

for (const { root, options, log, global, ...formats } of cases) {
  poolTest(
    `on ${root}, Lumberjack reads and writes user logs exactly like HTCondor: ${log} and ${global}`,
    async () => {
      const knobs = `EVENT_LOG_FORMAT_OPTIONS = ${global}\n` +
        (options && `DEFAULT_USERLOG_FORMAT_OPTIONS = ${options}\n`);
      await using pool = await Pool.start({
        root,
        slots: 8,
        config: scenarioConfig + knobs,
      });
      const lines = log === "json" ? "+UserLogUseXML = 2\n" : "";
      const logs = await makeLogs(pool, "/home/alice", lines);
      const all = Object.values(logs);
      const written = all.map((log) => forms.map((form) => rewrite(log, form)));
      const answers = await askHTCondor(pool, [...all, ...written.flat()]);
      let count = 0;
      for (const [at, log] of all.entries()) {
        // We read the same events with the same bodies as HTCondor.
        assertEquals(ours(log), answers[at]);
        count += answers[at].length;
        // HTCondor reads the events that we write like the original events.
        for (const [which, form] of forms.entries()) {
          const answer = answers[all.length + at * forms.length + which];
          assertEquals(ours(written[at][which]), answer);
          assertEquals(
            rounded(answer),
            rounded(answers[at]),
            JSON.stringify(form),
          );
        }
      }
      assert(count > 200, `only ${count} events`);
      // HTCondor wrote the same events into two logs with different formats.
      // Our text of an event must be equal to HTCondor's.
      const ways = [
        [logs.user, logs.global, formats.globalFormat],
        [logs.global, logs.user, formats.userFormat],
      ] as const;
      for (const [from, to, format] of ways) {
        const found = pairs(from, to);
        assert(found.length > 100, `only ${found.length} events in both`);
        for (const [event, texts] of found) {
          const mine = withoutWhatAdsLack(text(writeEvent(event, format)));
          const theirs = texts.map(withoutWhatAdsLack);
          assert(theirs.includes(mine), `${mine}\n---\n${theirs.join("\n")}`);
        }
      }
    },
  );
}

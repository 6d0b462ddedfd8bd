/**
 * The "ticket of execution" (`ToE`) at the end of an event that ends a job: who
 * ended the job, how and when. HTCondor 23.9 writes it. HTCondor 25 does not, and
 * skips the line when it reads one.
 *
 * @module
 */
import {
  ad as adExpr,
  type AdExpr,
  ClassAd,
  literal,
  type Value,
} from "../../classad/mod.ts";
import { formatEventTime, parseEventTime, utcZone } from "../event_time.ts";
import { adOf, entriesOf, integerOf, textOf } from "../fields.ts";
import { scan } from "../scan.ts";

const OWN_ACCORD = "\tJob terminated of its own accord at ";
const BY = "\tJob terminated by ";

function tag(values: Readonly<Record<string, Value>>): AdExpr {
  return adExpr(
    Object.entries(values).map(([name, value]) => ({
      name,
      value: literal(value),
    })),
  );
}

function seconds(text: string): bigint {
  return BigInt(parseEventTime(text, { zone: utcZone })?.seconds ?? 0);
}

/** Reads the line of a ticket. Returns undefined for another line. */
export function readTag(line: string): AdExpr | undefined {
  if (line.startsWith(OWN_ACCORD)) {
    const rest = line.slice(OWN_ACCORD.length);
    const values = { Who: "itself", How: "OF_ITS_OWN_ACCORD", HowCode: 0n };
    const When = seconds(rest);
    const [kind, code] = scan(
      rest.slice(Math.max(rest.indexOf(" with "), 0)),
      " with %15s %d",
    );
    if (code === undefined) return tag({ ...values, When });
    const status = BigInt(code);
    return tag({
      ...values,
      When,
      ...kind === "signal" ? { ExitBySignal: true, ExitSignal: status } : {},
      ...kind === "exit-code" ? { ExitBySignal: false, ExitCode: status } : {},
    });
  }
  const found =
    /^\tJob terminated by (.*?) at (.*?) \(using method (-?\d+): (.*?)\)\.$/
      .exec(line);
  if (found === null) return undefined;
  const [, Who, when, code, How] = found;
  return tag({ Who, How, HowCode: BigInt(code), When: seconds(when) });
}

/** Returns the line of a ticket and the empty line before it, or nothing. */
export function tagLines(ad: ClassAd): string[] {
  const found = adOf(ad, "ToE");
  if (found === undefined) return [];
  const values = new ClassAd(entriesOf(found));
  const when = integerOf(values, "When");
  if (when === undefined) return [];
  const time = {
    seconds: Number(when),
    microseconds: 0,
    utc: true,
    hasYear: true,
  };
  const at = formatEventTime(time, true);
  const code = integerOf(values, "HowCode");
  if (code !== 0n) {
    const who = textOf(values, "Who") ?? "";
    const how = textOf(values, "How") ?? "";
    return ["", `${BY}${who} at ${at} (using method ${code}: ${how}).`];
  }
  const bySignal = integerOf(values, "ExitBySignal");
  if (bySignal === undefined) return ["", `${OWN_ACCORD}${at}.`];
  const status = integerOf(values, bySignal ? "ExitSignal" : "ExitCode") ?? 0n;
  const kind = bySignal ? "signal" : "exit-code";
  return ["", `${OWN_ACCORD}${at} with ${kind} ${status}.`];
}

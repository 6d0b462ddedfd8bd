/**
 * The shadow loses and finds the machine where the job runs: 022 to 024. Grid
 * resources: 025 to 027.
 */
import type { ClassAd } from "../../classad/mod.ts";
import { type Attribute, text, textOf } from "../fields.ts";
import type { EventKind } from "./kind.ts";

/** Returns strings that HTCondor needs to read or write the event; undefined if one is missing. */
function all(ad: ClassAd, names: readonly string[]): string[] | undefined {
  const values = names.map((name) => textOf(ad, name));
  return values.every((value) => value) ? values as string[] : undefined;
}

const description = (what: string): Attribute => (_, to) => {
  to.set("EventDescription", what);
};

/** Returns the text of a line that begins with four blanks. */
function indented(line: string | undefined): string | undefined {
  return /^ {4}(.+)$/s.exec(line ?? "")?.[1];
}

/** Removes words from a line. HTCondor removes them wherever they are on the line. */
function without(line: string | undefined, words: string): string | undefined {
  return line?.includes(words) ? line.replaceAll(words, "") : undefined;
}

/** 022 */
export const disconnected: EventKind = {
  read(body, ad) {
    if (body.next() === undefined) return false;
    const reason = indented(body.next());
    const target = without(body.next(), "    Trying to reconnect to ");
    const blank = target?.indexOf(" ") ?? -1;
    if (reason === undefined || target === undefined || blank < 0) return false;
    ad.set("DisconnectReason", reason);
    ad.set("StartdName", target.slice(0, blank));
    ad.set("StartdAddr", target.slice(blank + 1));
    return all(ad, ["StartdName", "StartdAddr"]) !== undefined;
  },
  attributes: [
    text("StartdAddr"),
    text("StartdName"),
    text("DisconnectReason"),
    description("Job disconnected, attempting to reconnect"),
  ],
  write(ad) {
    const found = all(ad, ["DisconnectReason", "StartdName", "StartdAddr"]);
    if (found === undefined) return undefined;
    const [reason, name, address] = found;
    return [
      "Job disconnected, attempting to reconnect",
      `    ${reason.slice(0, 8191)}`,
      `    Trying to reconnect to ${name} ${address}`,
    ];
  },
};

/** 023 */
export const reconnected: EventKind = {
  read(body, ad) {
    const name = without(body.next(), "Job reconnected to ");
    const startd = without(body.next(), "    startd address: ");
    const starter = without(body.next(), "    starter address: ");
    if (!name || !startd || !starter) return false;
    ad.set("StartdName", name);
    ad.set("StartdAddr", startd);
    ad.set("StarterAddr", starter);
    return true;
  },
  attributes: [
    text("StartdAddr"),
    text("StartdName"),
    text("StarterAddr"),
    description("Job reconnected"),
  ],
  write(ad) {
    const found = all(ad, ["StartdName", "StartdAddr", "StarterAddr"]);
    return found && [
      `Job reconnected to ${found[0]}`,
      `    startd address: ${found[1]}`,
      `    starter address: ${found[2]}`,
    ];
  },
};

/** 024 */
export const reconnectFailed: EventKind = {
  read(body, ad) {
    if (body.next() === undefined) return false;
    const reason = indented(body.next());
    const target = without(body.next(), "    Can not reconnect to ");
    const comma = target?.indexOf(",") ?? -1;
    if (reason === undefined || target === undefined || comma <= 0) {
      return false;
    }
    ad.set("Reason", reason);
    ad.set("StartdName", target.slice(0, comma));
    return true;
  },
  attributes: [
    text("StartdName"),
    text("Reason"),
    description("Job reconnect impossible: rescheduling job"),
  ],
  write(ad) {
    const found = all(ad, ["Reason", "StartdName"]);
    return found && [
      "Job reconnection failed",
      `    ${found[0].slice(0, 8191)}`,
      `    Can not reconnect to ${found[1]}, rescheduling job`,
    ];
  },
};

function grid(first: string, names: readonly string[]): EventKind {
  return {
    read(body, ad) {
      if (body.after(first) === undefined) return false;
      for (const name of names) {
        const value = body.after(`    ${name}: `);
        if (value === undefined) return false;
        ad.set(name, value);
      }
      return true;
    },
    attributes: names.map((name) => text(name)),
    write: (ad) => [
      first,
      ...names.map((name) =>
        `    ${name}: ${(textOf(ad, name) || "UNKNOWN").slice(0, 8191)}`
      ),
    ],
  };
}

/** 025 */
export const gridUp = grid("Grid Resource Back Up", ["GridResource"]);
/** 026 */
export const gridDown = grid("Detected Down Grid Resource", ["GridResource"]);
/** 027 */
export const gridSubmit = grid("Job submitted to grid resource", [
  "GridResource",
  "GridJobId",
]);

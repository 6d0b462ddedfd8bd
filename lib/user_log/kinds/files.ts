/** Files that are transferred or stored: 040 to 045 and 047. */
import {
  type Attribute,
  integer,
  integerOf,
  text,
  textAlways,
  textOf,
} from "../fields.ts";
import type { EventKind } from "./kind.ts";

const STEPS = [
  "NONE",
  "Entered queue to transfer input files",
  "Started transferring input files",
  "Finished transferring input files",
  "Entered queue to transfer output files",
  "Started transferring output files",
  "Finished transferring output files",
];
const DELAY = "\tSeconds spent in queue: ";
const HOST = "\tTransferring to host: ";

/** 040 */
export const fileTransfer: EventKind = {
  read(body, ad) {
    const step = STEPS.indexOf(body.next() ?? "", 1);
    if (step < 0) return false;
    ad.set("Type", BigInt(step));
    let line = body.next();
    if (line?.startsWith(DELAY)) {
      const delay = /^\s*([+-]?\d+)$/.exec(line.slice(DELAY.length));
      if (delay === null) return line.length === DELAY.length;
      ad.set("QueueingDelay", BigInt(delay[1]));
      line = body.next();
    }
    if (line?.startsWith(HOST)) ad.set("Host", line.slice(HOST.length));
    return true;
  },
  attributes: [
    integer("Type", 0),
    (from, to) => {
      const delay = integerOf(from, "QueueingDelay");
      if (delay !== undefined && delay !== -1n) to.set("QueueingDelay", delay);
    },
    text("Host"),
  ],
  write(ad) {
    const step = STEPS[Number(integerOf(ad, "Type") ?? 0n)];
    if (step === undefined || step === "NONE") return undefined;
    const delay = integerOf(ad, "QueueingDelay");
    const host = textOf(ad, "Host");
    return [
      step,
      ...delay === undefined ? [] : [DELAY + delay],
      ...host ? [HOST + host] : [],
    ];
  },
};

/** The names on the lines of a file event, with the attributes. */
const TITLES: Readonly<Record<string, string>> = {
  "Bytes reserved": "ReservedSpace",
  "Reservation Expiration": "ExpirationTime",
  "Reservation UUID": "UUID",
  "Bytes": "Size",
  "Checksum Value": "Checksum",
  "Checksum Type": "ChecksumType",
  "UUID": "UUID",
  "Tag": "Tag",
};
const NUMBERS = new Set(["ReservedSpace", "ExpirationTime", "Size"]);

/**
 * An event of `title: value` lines. HTCondor writes the first of them below the
 * header, but expects it on the header's line. So HTCondor cannot read its own
 * events of these kinds. This reader accepts both places.
 */
function list(titles: readonly string[]): EventKind {
  const attribute = (title: string): Attribute => {
    const name = TITLES[title];
    return NUMBERS.has(name) ? integer(name, 0) : textAlways(name);
  };
  return {
    read(body, ad) {
      let found = 0;
      while (!body.done) {
        const line = body.next()!.trimStart();
        const title = titles.find((title) => line.startsWith(`${title}:`));
        if (title === undefined) continue;
        found++;
        const value = line.slice(title.length + 1);
        const name = TITLES[title];
        const number = /^\s*([+-]?\d+)/.exec(value)?.[1];
        if (!NUMBERS.has(name)) ad.set(name, value.replace(/^ /, ""));
        else if (number === undefined) return false;
        else ad.set(name, BigInt.asIntN(64, BigInt(number)));
      }
      return found === titles.length ||
        (titles[0] === "Bytes reserved" && found === titles.length - 1);
    },
    attributes: titles.map(attribute),
    write: (ad) => [
      "",
      ...titles.map((title) => {
        const name = TITLES[title];
        const value = NUMBERS.has(name)
          ? integerOf(ad, name) ?? 0n
          : textOf(ad, name) ?? "";
        return `\t${title}: ${value}`;
      }),
    ],
  };
}

/** 041 */
export const reserveSpace = list([
  "Bytes reserved",
  "Reservation Expiration",
  "Reservation UUID",
  "Tag",
]);
/** 042 */
export const releaseSpace = list(["Reservation UUID"]);
/** 043 */
export const fileComplete = list([
  "Bytes",
  "Checksum Value",
  "Checksum Type",
  "UUID",
]);
/** 044 */
export const fileUsed = list(["Checksum Value", "Checksum Type", "Tag"]);
/** 045 */
export const fileRemoved = list([
  "Bytes",
  "Checksum Value",
  "Checksum Type",
  "Tag",
]);

const COMMON: Readonly<Record<string, string>> = {
  none: "NONE",
  transferqueued: "Entered queue to transfer common files",
  transferstarted: "Started transferring common files",
  transferfinished: "Finished transferring common files",
  waitstarted: "Started waiting for previous job to transfer common files",
  // HTCondor spells it this way.
  waitfinished: "Finished waitiing for previous job to transfer common files",
};

/** 047 */
export const commonFiles: EventKind = {
  read(body, ad) {
    const type = /Common files event: (.+)$/.exec(body.next() ?? "")?.[1];
    if (type === undefined) return false;
    ad.set("Type", type);
    return true;
  },
  attributes: [textAlways("Type", "None")],
  write(ad) {
    const type = textOf(ad, "Type") ?? "None";
    const what = COMMON[type.toLowerCase()];
    return [`Common files event: ${type}`, ...what ? [`\t${what}`] : []];
  },
};

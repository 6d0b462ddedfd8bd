/** Clusters whose jobs the schedd makes one after the other: 036 to 038. */
import { integer, integerOf, text, textOf } from "../fields.ts";
import { scan, trim } from "../scan.ts";
import type { EventKind } from "./kind.ts";

/** The size of the buffer that HTCondor reads these lines into. */
const BUFFER = 8192;

function completion(line: string): number {
  const word = line.toLowerCase();
  if (word.startsWith("error")) {
    const code = Number(/^\s*([+-]?\d+)/.exec(line.slice(5))?.[1] ?? 0);
    return code < 0 ? code : -1;
  }
  return word.startsWith("complete") ? 1 : word.startsWith("paused") ? 2 : 0;
}

/** 036 */
export const clusterRemove: EventKind = {
  read(body, ad) {
    let line = body.nextWithin(BUFFER);
    if (line !== undefined && /[rR]emove/.test(line)) {
      line = body.nextWithin(BUFFER);
    }
    if (line === undefined) return true;
    let rest = line.trimStart();
    const [jobs, items] = scan(rest, "Materialized %d jobs from %d items.");
    if (jobs !== undefined) ad.set("NextProcId", BigInt(jobs));
    if (items !== undefined) {
      ad.set("NextRow", BigInt(items));
      const end = rest.indexOf("items.");
      if (end >= 0) rest = rest.slice(end + 6).trimStart();
    }
    ad.set("Completion", BigInt(completion(rest)));
    ad.set("Notes", (body.nextWithin(BUFFER) ?? "").trimStart());
    return true;
  },
  attributes: [
    text("Notes"),
    integer("NextProcId", 0),
    integer("NextRow", 0),
    integer("Completion", 0),
  ],
  write(ad) {
    const code = Number(integerOf(ad, "Completion") ?? 0n);
    const end = code <= -1
      ? `Error ${code}`
      : code === 1
      ? "Complete"
      : code >= 2
      ? "Paused"
      : "Incomplete";
    const jobs = integerOf(ad, "NextProcId") ?? 0n;
    const items = integerOf(ad, "NextRow") ?? 0n;
    const notes = textOf(ad, "Notes");
    return [
      "Cluster removed",
      `\tMaterialized ${jobs} jobs from ${items} items.\t${end}`,
      ...notes ? [`\t${notes}`] : [],
    ];
  },
};

/** 037 */
export const factoryPaused: EventKind = {
  read(body, ad) {
    let line = body.nextWithin(BUFFER);
    if (line !== undefined && /[pP]ause/.test(line)) {
      line = body.nextWithin(BUFFER);
    }
    if (line === undefined) return true;
    ad.set("Reason", line.trimStart());
    for (;;) {
      const codes = body.nextWithin(BUFFER);
      if (codes === undefined) return true;
      const pause = /PauseCode\s+([+-]?\d+)/.exec(codes);
      const hold = /HoldCode\s+([+-]?\d+)/.exec(codes);
      if (pause) ad.set("PauseCode", BigInt(pause[1]));
      if (hold) ad.set("HoldCode", BigInt(hold[1]));
      if (!pause && !hold) return true;
    }
  },
  attributes: [text("Reason"), integer("PauseCode", 0), integer("HoldCode", 0)],
  write(ad) {
    const reason = textOf(ad, "Reason");
    const pause = integerOf(ad, "PauseCode");
    const hold = integerOf(ad, "HoldCode");
    return [
      "Job Materialization Paused",
      ...reason || pause ? [`\t${reason ?? ""}`] : [],
      ...pause ? [`\tPauseCode ${pause}`] : [],
      ...hold ? [`\tHoldCode ${hold}`] : [],
    ];
  },
};

/** 038 */
export const factoryResumed: EventKind = {
  read(body, ad) {
    let line = body.nextWithin(BUFFER);
    if (line !== undefined && /[rR]esume/.test(line)) {
      line = body.nextWithin(BUFFER);
    }
    ad.set("Reason", trim(line ?? ""));
    return true;
  },
  attributes: [text("Reason")],
  write(ad) {
    const reason = textOf(ad, "Reason");
    return ["Job Materialization Resumed", ...reason ? [`\t${reason}`] : []];
  },
};

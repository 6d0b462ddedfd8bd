/**
 * The second half of a salvage of a log without jobs: the negotiator's, the
 * collector's, or another ClassAd log. Nothing can start by mistake there, so
 * every ad is kept, and the report names the ads that may be out of date.
 *
 * @module
 */
import type { QueueAd } from "./ad.ts";
import { whyUnused } from "./other_ads.ts";
import type { SalvageLogs, Scanned } from "./salvage_logs.ts";
import { Doubt } from "./salvage_state.ts";
import type { SalvageChange, Written } from "./salvage_write.ts";
import type { QueueLogSink } from "./sink.ts";
import { QueueLogWriter } from "./writer.ts";

/** Writes the new log from the main log and the older logs. */
export class NamedSalvageWriter {
  readonly #logs: SalvageLogs;
  readonly #writer: QueueLogWriter;
  readonly #now: number;
  readonly #changes: SalvageChange[] = [];
  #kept = 0;
  #records = 1;

  /** `now` is the current time in seconds since 1970. */
  constructor(logs: SalvageLogs, sink: QueueLogSink, now: number) {
    this.#logs = logs;
    this.#writer = new QueueLogWriter(sink);
    this.#now = now;
  }

  /** Writes everything. */
  run(): Written {
    const { all, main, older } = this.#logs;
    const sequence = Math.max(...all.map(({ scan }) => scan.sequence), 0) + 1;
    const created = all.map(({ scan }) => scan.creationTimestamp)
      .find((time) => time > 0) ?? this.#now;
    this.#writer.historical(sequence, created);
    for (const ad of main.table.ads()) this.#write(ad, main);
    if (main.scan.lostAds) {
      older.forEach((log, at) => this.#writeOlder(log, older.slice(0, at)));
    }
    this.#writer.flush();
    return {
      kept: this.#kept,
      held: 0,
      leftOut: this.#changes.filter((c) => c.change === "left-out").length,
      changes: this.#changes,
      records: this.#records,
      bytes: this.#writer.bytesWritten,
      sequence,
      nextCluster: 0,
    };
  }

  #write(ad: QueueAd, from: Scanned): void {
    const { scan } = from;
    const doubts = scan.states.doubts(scan.findNamed(ad.key));
    const uncertain = (doubts & (Doubt.affected | Doubt.guessed)) !== 0;
    const fill = uncertain && from === this.#logs.main
      ? this.#fill(ad.key)
      : [];
    const unused = whyUnused(from.table, ad);
    if (unused !== undefined && !isCompleted(from, ad, fill)) {
      this.#note(ad, "left-out", unused);
      return;
    }
    this.#kept++;
    this.#records += this.#writer.copyAd(ad);
    const added = this.#addMissing(ad, fill);
    const why = this.#whyDoubtful(ad, from, doubts);
    const more = added.length > 0 ? [`from an older log: ${added}`] : [];
    if (why !== undefined) {
      this.#note(ad, "doubtful", [why, ...more].join("; "));
    } else if (added.length > 0) this.#note(ad, "completed", more[0]);
  }

  #whyDoubtful(
    ad: QueueAd,
    from: Scanned,
    doubts: number,
  ): string | undefined {
    const { main, damaged } = this.#logs;
    if (from !== main) return `only ${from.name} has the ad`;
    if (!damaged) return undefined;
    if (doubts & Doubt.guessed) return "the record that made the ad is lost";
    if (doubts & Doubt.affected) return "records of the ad may be lost";
    const number = main.scan.findNamed(ad.key);
    return main.scan.states.known(number) < main.scan.gaps
      ? "no record after the damage is about the ad"
      : undefined;
  }

  /** Returns the same ad of older logs, the newest first. */
  #fill(key: string): QueueAd[] {
    return this.#logs.older.map(({ table }) => table.get(key))
      .filter((ad) => ad !== undefined);
  }

  /** Adds attributes that `ad` lacks. Returns their names. */
  #addMissing(ad: QueueAd, fill: readonly QueueAd[]): string[] {
    const added = new Map<string, string>();
    for (const older of fill) {
      older.visit((name, bytes, start, end) => {
        if (ad.has(name) || added.has(name.toLowerCase())) return;
        added.set(name.toLowerCase(), name);
        this.#writer.set(ad.key, name, bytes.slice(start, end));
        this.#records++;
      });
    }
    return [...added.values()];
  }

  /** Writes ads that only an older log has and that no newer log removed. */
  #writeOlder(log: Scanned, newer: readonly Scanned[]): void {
    const known = [this.#logs.main, ...newer];
    for (const ad of log.table.ads()) {
      const settled = known.some(({ scan }) =>
        scan.findNamed(ad.key) >= 0 || scan.wasRemoved(ad.key)
      );
      if (!settled) this.#write(ad, log);
    }
  }

  #note(ad: QueueAd, change: SalvageChange["change"], reason: string): void {
    this.#changes.push({ id: ad.key, change, reason });
  }
}

/** Returns whether older ads add the attribute that an ad lacks. */
function isCompleted(
  { table }: Scanned,
  ad: QueueAd,
  fill: readonly QueueAd[],
): boolean {
  return fill.some((older) =>
    whyUnused(table, older) === undefined &&
    !needed.some((name) => ad.has(name))
  );
}

/** The attributes without which a daemon does not use an ad. */
const needed = ["RemoteUser", "Name", "Machine"];

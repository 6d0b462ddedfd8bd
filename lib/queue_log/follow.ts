/**
 * Follows a log while the schedd writes it, as HTCondor's `ClassAdLogReader`
 * and `ClassAdLogProber` do. New records are read when the file grows, and the
 * new file is read after a rotation. There are two differences. The records of
 * a transaction are reported when it ends, not before. And the old file is read
 * to its end before the new one, so that a rotation reports only what changed,
 * and not the whole log.
 *
 * @module
 */
import { FileSource, openLog } from "./byte_source.ts";
import { type AdDifference, diffTables } from "./diff.ts";
import { QueueLogError } from "./errors.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { available, type LogRecord } from "./records.ts";
import { kindOfSource } from "./log_kind.ts";
import { QueueTable } from "./table.ts";

/** An event of the log. */
export type FollowEvent =
  | {
    /**
     * Records have taken effect: those of a transaction, or one single record.
     */
    readonly type: "transaction";
    /** The offset of the first record in the file, in bytes. */
    readonly offset: number;
    /** The records, without 105 and 106. */
    readonly records: readonly LogRecord[];
    /** The comment at the end of the transaction. */
    readonly comment: string | undefined;
  }
  | {
    /** The schedd has put a new file under the name. */
    readonly type: "rotated";
    /** The sequence number of the new file. */
    readonly sequence: number;
    /**
     * The differences between the old and the new file. Usually there are none.
     */
    readonly changes: readonly AdDifference[];
  }
  | {
    /**
     * The same file was written again from its beginning. The next events
     * report all of it.
     */
    readonly type: "reset";
  };

/** The options of {@linkcode follow}. */
export interface FollowOptions {
  /** Ends the following when it is aborted. */
  readonly signal?: AbortSignal;
  /** How often to look for changes, in milliseconds. The default is 250. */
  readonly interval?: number;
  /**
   * Whether to report the records that are already in the log. By default only
   * new records are reported.
   */
  readonly fromStart?: boolean;
}

const PIECE = 256 * 1024;
const HEAD = 64;

/**
 * Yields the events of the log at `path` until `signal` is aborted. Throws
 * {@linkcode QueueLogError} if the log cannot be read, and
 * {@linkcode QueueLogDamage} for a record that HTCondor could not read.
 */
export async function* follow(
  path: string,
  options: FollowOptions = {},
): AsyncGenerator<FollowEvent, void, void> {
  const { signal, interval = 250 } = options;
  let log = new FollowedFile(path);
  try {
    if (!options.fromStart) log.skip(log.table().committedBytes);
    while (!signal?.aborted) {
      yield* log.grown(signal);
      if (signal?.aborted) return;
      const state = log.probe();
      if (state === "rotated") {
        yield* log.grown(signal);
        if (signal?.aborted) return;
        const next = new FollowedFile(path);
        const old = log;
        log = next;
        try {
          yield rotation(old, next);
        } finally {
          old.close();
        }
        continue;
      }
      if (state === "rewritten") {
        log.close();
        log = new FollowedFile(path);
        yield { type: "reset" };
        continue;
      }
      await pause(interval, signal);
    }
  } finally {
    log.close();
  }
}

function rotation(old: FollowedFile, next: FollowedFile): FollowEvent {
  const before = old.table();
  const after = next.table();
  next.skip(after.committedBytes);
  return {
    type: "rotated",
    sequence: after.sequence,
    changes: [...diffTables(before, after)],
  };
}

/** One file under the name. Its records are read as they come. */
class FollowedFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #identity: string;
  #head: Uint8Array;
  // The decoder copies what it gets, so all pieces can be read into one buffer.
  readonly #piece = new Uint8Array(PIECE);
  #decoder = new RecordDecoder();
  #read = 0;
  // The records of the transaction that is open, and its offset.
  #open: LogRecord[] | undefined;
  #openOffset = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openLog(path);
    this.#identity = identityOf(this.#file.statSync());
    this.#head = this.#readHead();
  }

  close(): void {
    this.#file.close();
  }

  /**
   * Returns the table of everything that is in the file now. The file stays
   * open.
   */
  table(): QueueTable {
    const source = new FileSource(
      this.#file,
      this.#path,
      this.#file.statSync().size,
    );
    const kind = kindOfSource(source);
    return QueueTable.from(source, { tolerant: true, kind });
  }

  /** Skips everything before `offset`. */
  skip(offset: number): void {
    this.#read = offset;
    this.#decoder = new RecordDecoder(offset);
  }

  /**
   * Yields the events since the last call. After each piece of the file others
   * get their turn, so that `signal` can end it: there may be gigabytes to read.
   */
  async *grown(signal?: AbortSignal): AsyncGenerator<FollowEvent, void, void> {
    for (; !signal?.aborted; await pause(0, signal)) {
      this.#file.seekSync(this.#read, Deno.SeekMode.Start);
      const count = this.#file.readSync(this.#piece) ?? 0;
      if (count === 0) return;
      this.#read += count;
      this.#decoder.push(this.#piece.subarray(0, count));
      for (const record of available(this.#decoder)) {
        const event = this.#take(record);
        if (event !== undefined) yield event;
      }
    }
  }

  #take(record: LogRecord): FollowEvent | undefined {
    if (record.op === 105) {
      if (this.#open === undefined) this.#openOffset = record.offset;
      this.#open ??= [];
    } else if (record.op === 106) {
      const records = this.#open;
      this.#open = undefined;
      if (records === undefined) return undefined;
      return {
        type: "transaction",
        offset: this.#openOffset,
        records,
        comment: record.comment,
      };
    } else if (this.#open !== undefined) {
      this.#open.push(record);
    } else if (record.op !== 107) {
      return {
        type: "transaction",
        offset: record.offset,
        records: [record],
        comment: undefined,
      };
    }
    return undefined;
  }

  /**
   * Returns whether the name still belongs to this file, and whether the file
   * was only appended to.
   */
  probe(): "same" | "rotated" | "rewritten" {
    let stat: Deno.FileInfo;
    try {
      stat = Deno.statSync(this.#path);
    } catch (error) {
      // During a rotation the name may be missing for a moment.
      if (error instanceof Deno.errors.NotFound) return "same";
      throw new QueueLogError("cannot follow queue log", {
        subject: this.#path,
        cause: error,
      });
    }
    if (identityOf(stat) !== this.#identity) return "rotated";
    if (stat.size < this.#read) return "rewritten";
    const head = this.#readHead();
    const known = this.#head;
    for (let at = 0; at < known.length; at++) {
      if (head[at] !== known[at]) return "rewritten";
    }
    this.#head = head;
    return "same";
  }

  /**
   * Returns the first bytes. They show whether the file was written again from
   * its beginning.
   */
  #readHead(): Uint8Array {
    const bytes = new Uint8Array(HEAD);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    return bytes.slice(0, this.#file.readSync(bytes) ?? 0);
  }
}

function identityOf(stat: Deno.FileInfo): string {
  return `${stat.dev}:${stat.ino}`;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}

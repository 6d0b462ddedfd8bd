/**
 * Follows a log while the schedd writes it, as HTCondor's `ClassAdLogReader`
 * and `ClassAdLogProber` do: new records where the file has grown, and a new
 * start where it was rotated. Two things differ. Records of a transaction come
 * when it ends, not before. And the old file is read to its end before the new
 * one is turned to, so that a rotation tells what changed rather than all that
 * there is.
 *
 * @module
 */
import { FileSource, openLog } from "./byte_source.ts";
import { type AdDifference, diffTables } from "./diff.ts";
import { QueueLogError } from "./errors.ts";
import { RecordDecoder } from "./record_decoder.ts";
import { available, type LogRecord } from "./records.ts";
import { QueueTable } from "./table.ts";

/** Something that has happened to the log. */
export type FollowEvent =
  | {
    /** Records have taken effect: a transaction, or one record on its own. */
    readonly type: "transaction";
    /** Where the first of them stands in the file, in bytes. */
    readonly offset: number;
    /** Without 105 and 106. */
    readonly records: readonly LogRecord[];
    /** The comment that the schedd has put to the end of the transaction. */
    readonly comment: string | undefined;
  }
  | {
    /** There is a new file under the name. */
    readonly type: "rotated";
    /** The new file's sequence number. */
    readonly sequence: number;
    /** What is in the new file and was not in the old one; mostly nothing. */
    readonly changes: readonly AdDifference[];
  }
  | {
    /** The file was written anew in place; what comes next is all of it. */
    readonly type: "reset";
  };

/** How to follow. */
export interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** How often to look, in milliseconds; 250 by default. */
  readonly interval?: number;
  /** Begin with all that is in the log, rather than with what comes next. */
  readonly fromStart?: boolean;
}

const PIECE = 256 * 1024;
const HEAD = 64;

/**
 * Yields what happens to the log at `path` until `signal` is aborted. Throws
 * {@linkcode QueueLogError} if the log cannot be read when following begins,
 * and {@linkcode QueueLogDamage} at a record that HTCondor could not read.
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
      yield* log.grown();
      const state = log.probe();
      if (state === "rotated") {
        yield* log.grown();
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

/** One file under the name, from which records are taken as they come. */
class FollowedFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #identity: string;
  #head: Uint8Array;
  #decoder = new RecordDecoder();
  #read = 0;
  // The records of the transaction that is open, and where it begins.
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

  /** All that is in the file now. The file stays open. */
  table(): QueueTable {
    const source = new FileSource(
      this.#file,
      this.#path,
      this.#file.statSync().size,
    );
    return QueueTable.from(source, { tolerant: true });
  }

  /** Leaves out what stands before `offset`. */
  skip(offset: number): void {
    this.#read = offset;
    this.#decoder = new RecordDecoder(offset);
  }

  /** What has come to the file since the last call. */
  *grown(): Generator<FollowEvent, void, void> {
    const piece = new Uint8Array(PIECE);
    for (;;) {
      this.#file.seekSync(this.#read, Deno.SeekMode.Start);
      const count = this.#file.readSync(piece) ?? 0;
      if (count === 0) return;
      this.#read += count;
      this.#decoder.push(piece.subarray(0, count));
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

  /** Whether the name still means this file, and the file is what it was. */
  probe(): "same" | "rotated" | "rewritten" {
    let stat: Deno.FileInfo;
    try {
      stat = Deno.statSync(this.#path);
    } catch (error) {
      // Between two names there may be none for a moment.
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

  /** The first bytes, by which a log written anew in place is known. */
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

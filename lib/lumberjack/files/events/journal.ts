/**
 * What is about to be appended to user logs, and what is there.
 *
 * An entry is on the disk before its first byte is in a log. So an import that is
 * killed can look whether the bytes are there, and no event appears twice or is
 * lost.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { join } from "@std/path";
import { decodeText, encodeText } from "../../../classad/mod.ts";
import type { LogFormat } from "../../../user_log/mod.ts";
import {
  DurableFile,
  QueueLogError,
  removeUnfinished,
  syncFolder,
} from "../../../queue_log/mod.ts";
import { LumberjackError } from "../../error.ts";

/** Events that are appended to one log together. */
export interface JournalEntry {
  /** The export whose jobs they are. */
  readonly exportId: string;
  /** The log, absolute. */
  readonly log: string;
  /** The format of the log. */
  readonly format: LogFormat;
  /** The device and inode of the log; -1 if it did not exist. */
  readonly dev: number;
  /** See `dev`. */
  readonly ino: number;
  /** The size of the log before: the events are after it. */
  readonly offset: number;
  /** The jobs, as `CLUSTER.PROC`. */
  readonly jobs: readonly string[];
  /** The lengths of the events, in bytes. */
  readonly lengths: readonly number[];
  /** The events, one after the other. */
  readonly events: Uint8Array;
  /** The SHA-256 of the events, in hexadecimal. */
  readonly sha256: string;
}

/** The name of the journal in an export's folder. */
export const journalName = "user_logs.journal";

/** The journal of an export. It is held open, by one process at a time. */
export class EventJournal implements Disposable {
  readonly #path: string;
  readonly #exportId: string;
  readonly #descriptor: number;
  readonly #pending: { number: number; entry: JournalEntry }[] = [];
  /** Jobs with their logs, as `CLUSTER.PROC /path`. */
  readonly #known = new Set<string>();
  #count = 0;

  /**
   * Opens the journal in a folder, or begins one. Throws {@linkcode
   * LumberjackError} if the file cannot be read and written.
   */
  constructor(folder: string, exportId: string) {
    this.#path = join(folder, journalName);
    this.#exportId = exportId;
    const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
    // A process that was killed while it began the journal has left these.
    removeUnfinished(this.#path);
    this.#naming(() => createIfMissing(folder, this.#path));
    this.#descriptor = this.#naming(() => openSync(this.#path, flags));
    this.#naming(() => syncFolder(folder));
    const rest = this.#naming(() => this.#readLines());
    // The last line is not whole if its writer was killed. Nothing followed it.
    if (rest.length > 0) this.#write("\n");
  }

  /** Reads all lines; returns what follows the last of them. */
  #readLines(): Uint8Array {
    const block = new Uint8Array(1 << 20);
    let rest = Buffer.alloc(0);
    for (;;) {
      const count = readSync(this.#descriptor, block);
      if (count === 0) return rest;
      const bytes = Buffer.concat([rest, block.subarray(0, count)]);
      let at = 0;
      for (let end; (end = bytes.indexOf(10, at)) >= 0; at = end + 1) {
        this.#read(decodeText(bytes.subarray(at, end)));
      }
      rest = Buffer.from(bytes.subarray(at));
    }
  }

  /** The entries that were begun and not finished, the oldest first. */
  get pending(): readonly JournalEntry[] {
    return this.#pending.map(({ entry }) => entry);
  }

  /** Whether events of a job were appended to a log, or are about to be. */
  has(job: string, log: string): boolean {
    return this.#known.has(`${job} ${log}`);
  }

  /** Makes an entry durable. Only then may its events be appended. */
  begin(entry: JournalEntry): void {
    const { events, ...rest } = entry;
    const number = this.#count++;
    this.#write(
      JSON.stringify({ number, ...rest, events: decodeText(events) }) + "\n",
    );
    this.#remember(number, entry);
  }

  /** Records that the events of an entry are in their log, durably. */
  finish(entry: JournalEntry): void {
    const at = this.#pending.findIndex((pending) => pending.entry === entry);
    const [{ number }] = this.#pending.splice(at, 1);
    this.#write(JSON.stringify({ done: number }) + "\n");
  }

  #remember(number: number, entry: JournalEntry): void {
    this.#pending.push({ number, entry });
    for (const job of entry.jobs) this.#known.add(`${job} ${entry.log}`);
  }

  #read(line: string): void {
    const record = parse(line);
    if (record === undefined) return;
    if (typeof record.done === "number") {
      const at = this.#pending.findIndex(({ number }) =>
        number === record.done
      );
      if (at >= 0) this.#pending.splice(at, 1);
      return;
    }
    const { number, events, ...rest } = record;
    if (typeof number !== "number" || typeof events !== "string") return;
    this.#count = Math.max(this.#count, number + 1);
    const entry = { ...rest, events: encodeText(events) } as JournalEntry;
    if (entry.exportId === this.#exportId) this.#remember(number, entry);
  }

  #write(text: string): void {
    this.#naming(() => {
      const bytes = encodeText(text);
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#descriptor, bytes, at);
      }
      fdatasyncSync(this.#descriptor);
    });
  }

  #naming<T>(step: () => T): T {
    try {
      return step();
    } catch (cause) {
      const origin = cause instanceof QueueLogError ? cause.cause : cause;
      const { code } = origin as { code?: string };
      throw new LumberjackError("cannot use the journal of user logs", {
        cause,
        subject: `${this.#path} (${code ?? origin})`,
        remedy: "make the export's folder writable, then repeat the command",
      });
    }
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/**
 * A journal that root begins belongs to the owner of the folder from its first
 * moment. So that user can go on when root's import was killed.
 */
function createIfMissing(folder: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  const { uid, gid } = statSync(folder);
  using file = new DurableFile(path, {
    mode: 0o600,
    owner: Deno.uid() === 0 ? { uid, gid } : undefined,
  });
  file.commit({ replace: false });
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    // The last line of a killed writer, or an empty one.
    return undefined;
  }
}

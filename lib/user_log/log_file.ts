/**
 * An event log on the disk that events are appended to.
 *
 * HTCondor's writers (write_user_log.cpp) open a log with O_APPEND and write each
 * event with one write(2). By default (ENABLE_USERLOG_LOCKING = False) that is all
 * that keeps the events of several writers apart, and readers wait until an event
 * is complete.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { UserLogError } from "./errors.ts";

/** Identifies the file of an open log, also after the file was renamed. */
export interface LogIdentity {
  /** The device. */
  readonly dev: number;
  /** The inode on that device. */
  readonly ino: number;
}

/** Where events are in a log. */
export interface FoundEvents {
  /**
   * For each event, in order, the offset of its first byte. Undefined if the
   * event is not there.
   */
  readonly offsets: readonly (number | undefined)[];
  /**
   * How many bytes at the end of the log are the beginning of the missing events,
   * one after the other: a writer was killed while it wrote them.
   */
  readonly torn: number;
}

/** The most that is read into memory at once, in bytes. */
const WINDOW = 4 << 20;

/** An open log. */
export class LogFile implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Opens a log to read it and to append to it. With `create`, makes the log and
   * the folders above it if they are missing, as HTCondor does. Without `create`,
   * returns undefined for a missing log. Throws {@linkcode UserLogError} if the
   * path is not a plain file, or may not be opened. A pipe is never waited for.
   */
  static open<Create extends boolean>(
    path: string,
    create: Create,
  ): LogFile | (Create extends true ? never : undefined) {
    const log = LogFile.#open(path, create);
    if (log !== undefined || !create) {
      return log as LogFile | (Create extends true ? never : undefined);
    }
    throw cannot("open", path, new Error("the file is gone again"));
  }

  static #open(path: string, create: boolean): LogFile | undefined {
    const { O_RDWR, O_APPEND, O_NONBLOCK, O_NOCTTY, O_CREAT } = constants;
    const flags = O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY |
      (create ? O_CREAT : 0);
    const open = () => new LogFile(path, openSync(path, flags, 0o664));
    try {
      return checked(open(), path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw cannot("open", path, error);
      if (!create) return undefined;
    }
    try {
      const slash = path.lastIndexOf("/");
      mkdirSync(path.slice(0, slash), { recursive: true, mode: 0o755 });
      return checked(open(), path);
    } catch (error) {
      throw cannot("open", path, error);
    }
  }

  /** The file that this log is. */
  get identity(): LogIdentity {
    const { dev, ino } = fstatSync(this.#descriptor);
    return { dev, ino };
  }

  /** Whether it is a plain file, not a pipe or a device. */
  get isPlain(): boolean {
    return fstatSync(this.#descriptor).isFile();
  }

  /** The size in bytes. */
  get size(): number {
    return fstatSync(this.#descriptor).size;
  }

  /** Reads up to `length` bytes from `offset`; fewer at the end of the log. */
  read(offset: number, length: number): Uint8Array {
    // A whole window for the last few bytes would take most of the time.
    const most = Math.max(0, Math.min(length, this.size - offset));
    const bytes = new Uint8Array(most);
    let at = 0;
    while (at < most) {
      const count = readSync(
        this.#descriptor,
        bytes,
        at,
        most - at,
        offset + at,
      );
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }

  /**
   * Appends bytes. Throws {@linkcode UserLogError} if they could not all be
   * written. A part of them may then be in the log: see
   * {@linkcode LogFile.find}.
   */
  append(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at);
      }
    } catch (error) {
      throw cannot("write", this.#path, error);
    }
  }

  /** Makes what was appended durable. */
  sync(): void {
    try {
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw cannot("write", this.#path, error);
    }
  }

  /**
   * Looks for events, each after the one before it, from an offset to the end of
   * the log.
   */
  find(events: readonly Uint8Array[], from: number): FoundEvents {
    let at = from;
    const offsets = events.map((event) => {
      const offset = this.#indexOf(event, at);
      if (offset !== undefined) at = offset + event.length;
      return offset;
    });
    const missing = events.filter((_, index) => offsets[index] === undefined);
    return { offsets, torn: this.#tornAfter(Buffer.concat(missing), at) };
  }

  #indexOf(event: Uint8Array, from: number): number | undefined {
    for (let at = from;;) {
      const window = Buffer.from(this.read(at, WINDOW + event.length));
      const found = window.indexOf(event);
      if (found >= 0) return at + found;
      if (window.length < WINDOW + event.length) return undefined;
      at += WINDOW;
    }
  }

  #tornAfter(missing: Uint8Array, from: number): number {
    const size = this.size;
    const longest = Math.min(missing.length - 1, size - from);
    if (longest < 1) return 0;
    const tail = Buffer.from(this.read(size - longest, longest));
    for (let count = longest; count > 0; count--) {
      const end = tail.subarray(longest - count);
      if (end.equals(missing.subarray(0, count))) return count;
    }
    return 0;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function checked(log: LogFile, path: string): LogFile {
  if (log.isPlain) return log;
  log[Symbol.dispose]();
  throw new UserLogError("a user log is not a plain file", {
    subject: path,
    remedy: "name a plain file in the job's UserLog",
  });
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "free space there, then repeat the command",
  EDQUOT: "free space there, then repeat the command",
  EACCES: "let the job's owner write there, then repeat the command",
  EPERM: "let the job's owner write there, then repeat the command",
  EROFS: "let the job's owner write there, then repeat the command",
};

function cannot(what: string, path: string, cause: unknown): UserLogError {
  if (cause instanceof UserLogError) return cause;
  const code = String(codeOf(cause) ?? "");
  return new UserLogError(`cannot ${what} a user log`, {
    cause,
    subject: code === "" ? path : `${path} (${code})`,
    remedy: REMEDIES[code] ?? "make the log usable, then repeat the command",
  });
}

import type { JobId } from "./job_id.ts";
import {
  exportDirAttribute,
  exportIdAttribute,
  managed,
  managedManager,
} from "./lock.ts";

/** What of a job may not have changed between plan and lock. */
const deciding = new Set(
  ["JobStatus", "CurrentHosts"].map((name) => name.toLowerCase()),
);
/** What locks write. */
const ofLocks = new Set(
  [managed, managedManager, exportIdAttribute, exportDirAttribute]
    .map((name) => name.toLowerCase()),
);

/**
 * An attribute that no job has: taking it away changes nothing, and is a record
 * in the log nevertheless, which a durable commit brings to the disk with all
 * before it.
 */
export const flushAttribute = "LumberjackFlush";

const pieceLength = 4 * 1024 * 1024;
const decoder = new TextDecoder("latin1");

/**
 * What a schedd has appended to its log since a plan was read from it. While a
 * queue-management connection of ours has just committed durably and is still
 * open, the log is the whole truth: what was not on the disk before that commit
 * went there with it, and the schedd does nothing until we close.
 */
export class ScheddLogTail {
  readonly #path: string;
  readonly #inode: number | null;
  readonly #file: Deno.FsFile;
  #at: number;
  #rest = new Uint8Array(0);
  readonly #deciding = new Set<string>();
  readonly #others = new Set<string>();
  readonly #managed = new Set<string>();
  readonly #locks = new Map<string, string>();
  #flushes = 0;

  /**
   * Opens the log at `path`, read so far up to the byte `from`. Its inode tells
   * whether the schedd has rotated since.
   */
  constructor(path: string, from: number) {
    this.#path = path;
    this.#file = Deno.openSync(path, { read: true });
    this.#inode = this.#file.statSync().ino;
    this.#at = from;
  }

  /** The inode of the file that is read. */
  get inode(): number | null {
    return this.#inode;
  }

  /**
   * Reads on to the end.
   *
   * @returns False when the schedd has rotated its log: nothing is known then.
   */
  read(): boolean {
    const { ino } = Deno.statSync(this.#path);
    if (ino !== this.#inode) return false;
    const buffer = new Uint8Array(pieceLength);
    this.#file.seekSync(this.#at, Deno.SeekMode.Start);
    for (;;) {
      const count = this.#file.readSync(buffer);
      if (count === null) return true;
      this.#at += count;
      this.#take(buffer.subarray(0, count));
    }
  }

  /** Whether the job's state changed, or it was removed from the queue. */
  hasMoved(job: JobId): boolean {
    return this.#deciding.has(`${job.cluster}.${job.proc}`);
  }

  /** Whether its state or its lock is another one now. */
  hasTouched(job: JobId): boolean {
    return this.hasMoved(job) || this.isManaged(job) ||
      this.exportId(job) !== undefined;
  }

  /** Whether anything of the job or its cluster changed, locks left aside. */
  hasChanged(job: JobId): boolean {
    return this.hasMoved(job) ||
      this.#others.has(`${job.cluster}.${job.proc}`) ||
      this.#others.has(`0${job.cluster}.-1`);
  }

  /** What was last set as the job's export id, if anything was: an expression. */
  exportId(job: JobId): string | undefined {
    return this.#locks.get(`${job.cluster}.${job.proc}`);
  }

  /** How many records there were that only bring the log to the disk. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Whether somebody else has locked or unlocked the job. */
  isManaged(job: JobId): boolean {
    return this.#managed.has(`${job.cluster}.${job.proc}`);
  }

  /** Lets go of the file. */
  close(): void {
    this.#file.close();
  }

  #take(bytes: Uint8Array): void {
    let data = bytes;
    if (this.#rest.length > 0) {
      data = new Uint8Array(this.#rest.length + bytes.length);
      data.set(this.#rest);
      data.set(bytes, this.#rest.length);
    }
    let from = 0;
    for (;;) {
      const end = data.indexOf(10, from);
      if (end < 0) break;
      this.#record(data.subarray(from, end));
      from = end + 1;
    }
    this.#rest = data.slice(from);
  }

  /** `103 key name value`, `104 key name`, `102 key`; the others do not matter. */
  #record(line: Uint8Array): void {
    if (line[0] !== 49 || line[1] !== 48 || line[2] < 50 || line[2] > 52) {
      return;
    }
    const keyEnd = endOfWord(line, 4);
    const key = decoder.decode(line.subarray(4, keyEnd));
    if (line[2] === 50) {
      this.#deciding.add(key);
      return;
    }
    const nameEnd = endOfWord(line, keyEnd + 1);
    const name = decoder.decode(line.subarray(keyEnd + 1, nameEnd))
      .toLowerCase();
    if (name === "lumberjackflush") this.#flushes++;
    else if (deciding.has(name)) this.#deciding.add(key);
    else if (!ofLocks.has(name)) this.#others.add(key);
    else if (name === "managed") this.#managed.add(key);
    else if (name === "lumberjackexportid") {
      this.#locks.set(key, decoder.decode(line.subarray(nameEnd + 1)));
    }
  }
}

function endOfWord(line: Uint8Array, from: number): number {
  const end = line.indexOf(32, from);
  return end < 0 ? line.length : end;
}

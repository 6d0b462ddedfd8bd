import type { JobId } from "../../job/id.ts";

/** What the names of our flush attributes begin with. */
const flushPrefix = "LumberjackFlush_";

/**
 * Returns the name of an attribute that no job has, and that no log holds yet.
 * Deleting it changes no job. The schedd still writes a record for it, and a
 * durable commit brings that record to the disk with all records before it.
 */
export function newFlushAttribute(): string {
  return flushPrefix + crypto.randomUUID().replaceAll("-", "");
}

const pieceLength = 4 * 1024 * 1024;
const decoder = new TextDecoder("latin1");

/**
 * The records that a schedd has appended to its log since the queue was read
 * from it. The log is complete while a queue-management connection of ours has
 * just committed durably and is still open: the commit has written all earlier
 * records to the disk, and the schedd changes nothing until we close.
 */
export class ScheddLogTail {
  readonly #path: string;
  readonly #inode: number | null;
  readonly #file: Deno.FsFile;
  #at: number;
  #rest = new Uint8Array(0);
  readonly #changed = new Set<string>();
  readonly #flushes = new Set<string>();

  /**
   * Opens the log at `path`, which has been read up to the byte `from`. If the
   * inode at `path` differs later, the schedd has rotated its log.
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
   * Reads to the end of the log.
   *
   * @returns False if the schedd has rotated its log. Nothing is known then.
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

  /**
   * Skips the records that the file holds now. After a rotation this does
   * nothing, and `read` returns false.
   */
  skip(): void {
    const { ino, size } = Deno.statSync(this.#path);
    if (ino !== this.#inode) return;
    this.#at = size;
    this.#rest = new Uint8Array(0);
  }

  /** Returns whether the job or its cluster ad was changed or removed. */
  hasChanged(job: JobId): boolean {
    return this.#changed.has(`${job.cluster}.${job.proc}`) ||
      this.#changed.has(`0${job.cluster}.-1`);
  }

  /** Returns whether the record that deletes this flush attribute was read. */
  hasFlush(attribute: string): boolean {
    return this.#flushes.has(attribute);
  }

  /** Closes the file. */
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

  /** Takes `103 key name value`, `104 key name` and `102 key`; skips others. */
  #record(line: Uint8Array): void {
    if (line[0] !== 49 || line[1] !== 48 || line[2] < 50 || line[2] > 52) {
      return;
    }
    const keyEnd = endOfWord(line, 4);
    const name = decoder.decode(
      line.subarray(keyEnd + 1, endOfWord(line, keyEnd + 1)),
    );
    if (line[2] === 52 && name.startsWith(flushPrefix)) {
      this.#flushes.add(name);
    } else {
      this.#changed.add(decoder.decode(line.subarray(4, keyEnd)));
    }
  }
}

function endOfWord(line: Uint8Array, from: number): number {
  const end = line.indexOf(32, from);
  return end < 0 ? line.length : end;
}

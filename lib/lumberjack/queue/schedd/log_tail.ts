import type { JobId } from "../../job/id.ts";

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
  readonly #changed = new Set<string>();
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

  /**
   * Passes over what the file holds by now, unread. After a rotation it does
   * nothing, and `read` says so.
   */
  skip(): void {
    const { ino, size } = Deno.statSync(this.#path);
    if (ino !== this.#inode) return;
    this.#at = size;
    this.#rest = new Uint8Array(0);
  }

  /** Whether anything of the job or its cluster changed, or it was removed. */
  hasChanged(job: JobId): boolean {
    return this.#changed.has(`${job.cluster}.${job.proc}`) ||
      this.#changed.has(`0${job.cluster}.-1`);
  }

  /** How many records there were that only bring the log to the disk. */
  get flushes(): number {
    return this.#flushes;
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
    const name = line.subarray(keyEnd + 1, endOfWord(line, keyEnd + 1));
    if (line[2] === 52 && decoder.decode(name) === flushAttribute) {
      this.#flushes++;
    } else {
      this.#changed.add(decoder.decode(line.subarray(4, keyEnd)));
    }
  }
}

function endOfWord(line: Uint8Array, from: number): number {
  const end = line.indexOf(32, from);
  return end < 0 ? line.length : end;
}

import type { QueueAd } from "./ad.ts";
import { QueueLogError } from "./errors.ts";
import { formatKey } from "./key.ts";
import type { QueueLogSink } from "./sink.ts";
import { bytesOf } from "./text.ts";
import {
  type KeyLike,
  requireCount,
  requireValue,
  requireWord,
  typeWord,
} from "./writer_check.ts";

const BUFFER = 1024 * 1024;
const MAX_CACHED_NAMES = 4096;
const MAX_CACHED_VALUES = 16;
const ascii = new TextEncoder();
const SET = ascii.encode("103 ");

/**
 * Writes a queue log that the schedd reads as it was meant. What the schedd
 * could not read back (a newline in a value, white space in a name) is refused
 * before a byte of the record is written. The caller must make sure that a
 * value is a ClassAd expression; `verify` checks it. Text is encoded as UTF-8,
 * as `encodeText` of lib/classad does.
 *
 * Bytes are collected, and {@linkcode QueueLogWriter.flush} hands them to the
 * sink. The caller must make the file durable. All methods throw
 * {@linkcode QueueLogError}. The format is that of `condor_utils/log.cpp`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MemorySink, QueueLogWriter } from "./mod.ts";
 *
 * const sink = new MemorySink();
 * const writer = new QueueLogWriter(sink);
 * writer.historical(1, 1700000000);
 * writer.newAd("0.0", "Job");
 * writer.set("0.0", "NextClusterNum", "3");
 * writer.flush();
 * assertEquals(
 *   sink.text(),
 *   "107 1 CreationTimestamp 1700000000\n101 0.0 Job Machine\n" +
 *     "103 0.0 NextClusterNum 3\n",
 * );
 * ```
 */
export class QueueLogWriter {
  readonly #sink: QueueLogSink;
  readonly #buffer = new Uint8Array(BUFFER);
  #filled = 0;
  #written = 0;
  #inTransaction = false;
  readonly #names = new Map<string, Uint8Array>();
  readonly #values = new Map<string, Uint8Array>();
  // The key that was written last, as text or as two numbers.
  #key: string | undefined;
  #cluster = NaN;
  #proc = NaN;
  // The same key, followed by a blank. The same array is used again, because
  // there can be hundreds of thousands of keys.
  #keyBytes: Uint8Array = new Uint8Array(64);
  #keyLength = 0;
  readonly #types = new Map<string, Uint8Array>();

  /** Makes a writer with a destination. */
  constructor(sink: QueueLogSink) {
    this.#sink = sink;
  }

  /** How many bytes were written, including those that are not flushed yet. */
  get bytesWritten(): number {
    return this.#written + this.#filled;
  }

  /**
   * Writes record 107, the first record of every log: the sequence number, and
   * the time when the log was first made, in seconds since 1970.
   */
  historical(sequence: number, creationTimestamp: number): void {
    if (this.bytesWritten > 0) {
      throw new QueueLogError("record 107 has to be the first", {
        subject: String(sequence),
      });
    }
    requireCount(sequence, "sequence number");
    requireCount(creationTimestamp, "creation time");
    this.#put(
      ascii.encode(`107 ${sequence} CreationTimestamp ${creationTimestamp}\n`),
    );
  }

  /**
   * Writes record 101, which makes an ad. HTCondor no longer uses the target
   * type. By default it is written as the schedd does: `Machine` for a `Job`,
   * the type itself if it begins with a star, and `(empty)` otherwise.
   */
  newAd(key: KeyLike, myType: string, targetType?: string): void {
    const target = targetType ??
      (/^job$/i.test(myType) ? "Machine" : myType[0] === "*" ? myType : "");
    const types = this.#typesOf(`${typeWord(myType)} ${typeWord(target)}\n`);
    this.#head("101 ", key);
    this.#put(types);
  }

  /** Writes record 102, which destroys an ad. */
  destroyAd(key: KeyLike): void {
    this.#put(ascii.encode("102 "));
    this.#loadKey(key);
    this.#put(this.#keyBytes, 0, this.#keyLength - 1);
    this.#byte(10);
  }

  /**
   * Writes record 103, which sets an attribute. The value is a ClassAd
   * expression in old syntax. Bytes are copied unchanged. Throws
   * {@linkcode QueueLogError} if the name is empty or contains white space, or
   * if the value is empty or contains a newline or a NUL.
   */
  set(key: KeyLike, name: string, value: string | Uint8Array): void {
    const bytes = typeof value === "string" ? this.#textOf(value) : value;
    this.setPart(key, name, bytes, 0, bytes.length);
  }

  /** Does the same as {@linkcode QueueLogWriter.set} for a part of the bytes. */
  setPart(
    key: KeyLike,
    name: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const nameBytes = this.#nameOf(name);
    requireValue(bytes, start, end, key, name);
    this.#setRecord(key, nameBytes, bytes, start, end);
  }

  /**
   * Writes an ad of a table: record 101, and a record 103 for each of the ad's
   * own attributes. Values are copied unchanged. An attribute is skipped if
   * `skip` returns true. `as` gives the ad another key. Returns how many
   * records were written.
   */
  copyAd(
    ad: QueueAd,
    options: {
      readonly skip?: (
        name: string,
        bytes: Uint8Array,
        start: number,
        end: number,
      ) => boolean;
      readonly as?: KeyLike;
    } = {},
  ): number {
    let records = 1;
    const { as = ad.key } = options;
    const key = typeof as === "string" ? as : formatKey(as.cluster, as.proc);
    this.newAd(key, ad.myType);
    ad.visit((name, bytes, start, end) => {
      if (options.skip?.(name, bytes, start, end)) return;
      // The value was read as a line, so it contains neither a newline nor a
      // NUL.
      this.#setRecord(key, this.#nameOf(name), bytes, start, end);
      records++;
    });
    return records;
  }

  /** Writes record 104, which deletes an attribute. */
  delete(key: KeyLike, name: string): void {
    const nameBytes = this.#nameOf(name);
    this.#head("104 ", key);
    this.#put(nameBytes);
    this.#byte(10);
  }

  /** Writes record 105, which begins a transaction. */
  begin(): void {
    if (this.#inTransaction) {
      throw new QueueLogError("a transaction is open already");
    }
    this.#inTransaction = true;
    this.#put(ascii.encode("105 \n"));
  }

  /**
   * Writes record 106, which ends a transaction. The comment must be one line.
   */
  end(comment?: string): void {
    if (!this.#inTransaction) {
      throw new QueueLogError("no transaction is open");
    }
    if (comment !== undefined && /[\n\0]/.test(comment)) {
      throw new QueueLogError("comment holds a newline or a NUL", {
        subject: JSON.stringify(comment),
      });
    }
    this.#inTransaction = false;
    this.#put(bytesOf(comment ? `106 #${comment}\n` : "106 \n"));
  }

  /**
   * Hands all collected bytes to the sink. Throws {@linkcode QueueLogError} if
   * that fails.
   */
  flush(): void {
    const filled = this.#filled;
    this.#filled = 0;
    this.#hand(this.#buffer.subarray(0, filled));
  }

  #setRecord(
    key: KeyLike,
    name: Uint8Array,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#loadKey(key);
    const length = this.#keyLength;
    const size = 4 + length + name.length + 2 + end - start;
    if (size > BUFFER - this.#filled) this.flush();
    if (size > BUFFER) {
      this.#head("103 ", key);
      this.#put(name);
      this.#byte(32);
      this.#put(bytes, start, end);
      this.#byte(10);
      return;
    }
    const buffer = this.#buffer;
    let at = this.#filled;
    const keyBytes = this.#keyBytes;
    for (let k = 0; k < 4; k++) buffer[at++] = SET[k];
    for (let k = 0; k < length; k++) buffer[at++] = keyBytes[k];
    for (let k = 0; k < name.length; k++) buffer[at++] = name[k];
    buffer[at++] = 32;
    if (end - start < 48) {
      for (let k = start; k < end; k++) buffer[at++] = bytes[k];
    } else {
      buffer.set(bytes.subarray(start, end), at);
      at += end - start;
    }
    buffer[at++] = 10;
    this.#filled = at;
  }

  #head(op: string, key: KeyLike): void {
    this.#loadKey(key);
    for (let at = 0; at < 4; at++) this.#byte(op.charCodeAt(at));
    this.#put(this.#keyBytes, 0, this.#keyLength);
  }

  /** Loads `key` and a blank into the buffer for the key. */
  #loadKey(key: KeyLike): void {
    if (typeof key === "string") {
      if (key === this.#key) return;
      this.#loadWord(key);
      this.#key = key;
    } else {
      // The object may have other numbers by now.
      const { cluster, proc } = key;
      if (
        this.#key === undefined && cluster === this.#cluster &&
        proc === this.#proc
      ) return;
      this.#loadWord(formatKey(cluster, proc));
      this.#cluster = cluster;
      this.#proc = proc;
    }
  }

  #loadWord(text: string): void {
    requireWord(text, "key");
    this.#key = undefined;
    this.#cluster = NaN;
    if (text.length < 48) {
      const bytes = this.#keyBytes;
      let at = 0;
      let codes = 0;
      for (; at < text.length; at++) {
        const code = text.charCodeAt(at);
        bytes[at] = code;
        codes |= code;
      }
      bytes[at] = 32;
      this.#keyLength = at + 1;
      if (codes < 128) return;
    }
    const bytes = bytesOf(text + " ");
    this.#keyLength = bytes.length;
    if (bytes.length > this.#keyBytes.length) this.#keyBytes = bytes;
    else this.#keyBytes.set(bytes);
  }

  #typesOf(words: string): Uint8Array {
    let bytes = this.#types.get(words);
    if (bytes === undefined) {
      bytes = bytesOf(words);
      if (this.#types.size >= MAX_CACHED_NAMES) this.#types.clear();
      this.#types.set(words, bytes);
    }
    return bytes;
  }

  /** Returns the bytes of a value. Often it is the value of the last job. */
  #textOf(value: string): Uint8Array {
    let bytes = this.#values.get(value);
    if (bytes === undefined) {
      bytes = bytesOf(value);
      if (this.#values.size >= MAX_CACHED_VALUES) this.#values.clear();
      if (value.length < 256) this.#values.set(value, bytes);
    }
    return bytes;
  }

  #nameOf(name: string): Uint8Array {
    let bytes = this.#names.get(name);
    if (bytes === undefined) {
      requireWord(name, "attribute name");
      bytes = bytesOf(name);
      if (this.#names.size >= MAX_CACHED_NAMES) this.#names.clear();
      this.#names.set(name, bytes);
    }
    return bytes;
  }

  #byte(byte: number): void {
    if (this.#filled === BUFFER) this.flush();
    this.#buffer[this.#filled++] = byte;
  }

  #put(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const length = end - start;
    if (length > BUFFER - this.#filled) {
      this.flush();
      if (length > BUFFER) return this.#hand(bytes.subarray(start, end));
    }
    const buffer = this.#buffer;
    let at = this.#filled;
    if (length < 48) {
      for (let from = start; from < end; from++) buffer[at++] = bytes[from];
    } else {
      buffer.set(bytes.subarray(start, end), at);
    }
    this.#filled += length;
  }

  #hand(bytes: Uint8Array): void {
    let done = 0;
    try {
      while (done < bytes.length) {
        done += this.#sink.writeSync(bytes.subarray(done));
      }
    } catch (cause) {
      if (cause instanceof QueueLogError) throw cause;
      throw new QueueLogError("cannot write queue log", {
        subject: cause instanceof Error ? cause.message : String(cause),
        cause,
      });
    }
    this.#written += done;
  }
}

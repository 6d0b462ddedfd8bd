/**
 * Reads a user log as a stream of bytes.
 *
 * @module
 */
import type { TimeOptions } from "./event_time.ts";
import { type LogFormat, UserLogEvent } from "./event.ts";
import { cutterFor, type Frame, type FrameCutter } from "./frames.ts";
import { formatOfFirstByte } from "./format.ts";

/** Bytes of a log that are no event which a reader can use. */
export interface Damage {
  /** Where they begin, in bytes from the start of the log. */
  readonly offset: number;
  /** How many they are. */
  readonly length: number;
  /** What is wrong, for people. */
  readonly reason: string;
}

/** How a log is read. */
export interface ReaderOptions extends TimeOptions {
  /** Where the first bytes stand in the log; 0 by default. */
  readonly offset?: number;
  /**
   * How the events are written. By default the first byte that is no space
   * tells; give it when you start in the middle of a log.
   */
  readonly format?: LogFormat;
  /** The most bytes that an event may have; a longer one is passed over. 1 MiB by default. */
  readonly limit?: number;
  /** Told of bytes that are passed over. */
  readonly onDamage?: (damage: Damage) => void;
}

const LIMIT = 1 << 20;
const NOTHING = new Uint8Array(0);

/**
 * Turns the bytes of a log into events. It knows no file: give it bytes as they
 * come, and ask for {@linkcode UserLogReader.offset} to go on another time.
 *
 * It is as forgiving as HTCondor's own reader. Lines between events are passed
 * over. An event whose header is damaged is passed over up to its end. An event
 * that HTCondor would refuse for its body is given, with its `problem`. A last
 * event that is not whole is left for later.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { UserLogReader } from "./mod.ts";
 *
 * const log = "001 (12.000.000) 2026-11-28 03:11:37Z Job executing on host: <1.2.3.4>\n" +
 *   "\tSlotName: slot1@exec\n...\n" +
 *   "009 (12.000.000) 2026-11-28 03:12:00Z Job was aborted.\n\tvia condor_rm\n";
 * const reader = new UserLogReader();
 * const bytes = new TextEncoder().encode(log);
 * const [event, ...more] = reader.push(bytes);
 * assertEquals([event.name, event.cluster, event.proc], ["ULOG_EXECUTE", 12, 0]);
 * assertEquals(event.time.seconds, 1795835497);
 * assertEquals(event.ad.evaluate("SlotName"), "slot1@exec");
 * // The aborted event has no end yet.
 * assertEquals(more, []);
 * assertEquals(reader.offset, event.end);
 * ```
 */
export class UserLogReader {
  readonly #options: ReaderOptions;
  readonly #limit: number;
  #cutter: FrameCutter | undefined;
  #format: LogFormat | undefined;
  /** Bytes that are no whole event yet: from #start to #end. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  /** Where #start stands in the log. */
  #offset: number;
  /** Whether an event that is too long is being passed over. */
  #skipping = false;
  #damage: Damage | undefined;

  /** A reader that begins at `options.offset`. */
  constructor(options: ReaderOptions = {}) {
    this.#options = options;
    this.#limit = options.limit ?? LIMIT;
    this.#offset = options.offset ?? 0;
    this.#format = options.format;
  }

  /**
   * Where to go on another time, in bytes from the start of the log: behind the
   * last whole event, or what was passed over since.
   */
  get offset(): number {
    return this.#offset;
  }

  /** How the events are written; undefined before the first byte that tells. */
  get format(): LogFormat | undefined {
    return this.#format;
  }

  /** How many bytes wait for the rest of their event. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** Takes the next bytes of the log and answers with the events that they complete. */
  push(chunk: Uint8Array): UserLogEvent[] {
    this.#append(chunk);
    const events: UserLogEvent[] = [];
    for (;;) {
      const cutter = this.#cutter ?? this.#chooseCutter();
      if (cutter === undefined) break;
      if (this.#skipping && !this.#skip(cutter)) break;
      const frame = cutter.next(this.#bytes, this.#start, this.#end);
      if (frame === undefined) {
        if (this.pending <= this.#limit) break;
        this.#skipping = true;
        continue;
      }
      const event = this.#take(frame);
      if (event) events.push(event);
    }
    this.#keep();
    return events;
  }

  /**
   * Says that nothing follows for now, so that damage at the end is reported.
   * More bytes may be pushed all the same.
   */
  flush(): void {
    this.#report();
  }

  #chooseCutter(): FrameCutter | undefined {
    while (this.#format === undefined) {
      if (this.#start >= this.#end) return undefined;
      this.#format = formatOfFirstByte(this.#bytes[this.#start]);
      if (this.#format === undefined) this.#drop(1);
    }
    return this.#cutter = cutterFor(this.#format);
  }

  #skip(cutter: FrameCutter): boolean {
    const { at, found } = cutter.skip(this.#bytes, this.#start, this.#end);
    this.#passOver(at - this.#start, "an event that is too long");
    this.#skipping = !found;
    return found;
  }

  #take({ kind, end }: Frame): UserLogEvent | undefined {
    const length = end - this.#start;
    const found = this.#bytes.subarray(this.#start, end);
    if (kind === "other") {
      if (found.every(isSpace)) this.#drop(length);
      else this.#passOver(length, "text that is no event");
      return undefined;
    }
    if (length > this.#limit) {
      this.#passOver(length, "an event that is too long");
      return undefined;
    }
    const source = {
      bytes: found.slice(),
      offset: this.#offset,
      format: this.#format!,
    };
    const event = UserLogEvent.read(source, this.#options);
    if (event === undefined) {
      this.#passOver(length, "an event without a readable header");
    } else {
      this.#report();
      this.#drop(length);
    }
    return event;
  }

  #drop(length: number): void {
    this.#start += length;
    this.#offset += length;
  }

  #passOver(length: number, reason: string): void {
    const before = this.#damage;
    if (
      before?.reason === reason &&
      before.offset + before.length === this.#offset
    ) {
      this.#damage = { ...before, length: before.length + length };
    } else if (length > 0) {
      this.#report();
      this.#damage = { offset: this.#offset, length, reason };
    }
    this.#drop(length);
  }

  #report(): void {
    if (this.#damage) this.#options.onDamage?.(this.#damage);
    this.#damage = undefined;
  }

  #append(chunk: Uint8Array): void {
    const pending = this.pending;
    if (pending === 0) {
      // Read where they are; what remains is copied afterwards.
      this.#cutter?.moved(-this.#start);
      [this.#bytes, this.#start, this.#end] = [chunk, 0, chunk.length];
      return;
    }
    const size = pending + chunk.length;
    if (this.#end + chunk.length > this.#bytes.length) {
      // Twice what is needed, so that many small chunks are copied few times.
      const bytes = new Uint8Array(2 * size);
      bytes.set(this.#bytes.subarray(this.#start, this.#end));
      this.#cutter?.moved(-this.#start);
      [this.#bytes, this.#start, this.#end] = [bytes, 0, pending];
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
    this.#owned = true;
  }

  /** Whether #bytes belongs to the reader, not to who pushed it. */
  #owned = false;

  #keep(): void {
    if (this.#owned && this.pending > 0) return;
    const rest = this.#bytes.slice(this.#start, this.#end);
    this.#cutter?.moved(-this.#start);
    [this.#bytes, this.#start, this.#end] = [rest, 0, rest.length];
    this.#owned = rest.length > 0;
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** Reads all events of a log in memory. */
export function readEvents(
  bytes: Uint8Array,
  options: ReaderOptions = {},
): UserLogEvent[] {
  const reader = new UserLogReader(options);
  const events = reader.push(bytes);
  reader.flush();
  return events;
}

/** Something that bytes can be read from: an open file. */
export interface ByteReader {
  /** Reads up to as many bytes as fit; null at the end. */
  readSync(target: Uint8Array): number | null;
}

/** How much of a file is read at a time. */
const BLOCK = 1 << 16;

/**
 * Reads the events of an open file from where it stands, block by block. Give
 * `reader` to know afterwards where to go on. Throws what the file throws.
 */
export function* readEventsFrom(
  file: ByteReader,
  reader: UserLogReader = new UserLogReader(),
): Generator<UserLogEvent> {
  const block = new Uint8Array(BLOCK);
  for (;;) {
    const count = file.readSync(block);
    if (count === null || count === 0) break;
    yield* reader.push(block.subarray(0, count));
  }
  reader.flush();
}

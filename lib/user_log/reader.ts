/**
 * Reads a user log as a stream of bytes.
 *
 * @module
 */
import type { TimeOptions } from "./event_time.ts";
import { type LogFormat, UserLogEvent } from "./event.ts";
import { cutterFor, type Frame, type FrameCutter } from "./frames.ts";
import { formatOfFirstByte } from "./format.ts";

/** Bytes of a log that are not a readable event. */
export interface Damage {
  /** Where the bytes begin, counted from the start of the log. */
  readonly offset: number;
  /** The number of bytes. */
  readonly length: number;
  /** What is wrong, for people. */
  readonly reason: string;
}

/** How a log is read. */
export interface ReaderOptions extends TimeOptions {
  /** The offset of the first bytes in the log. 0 by default. */
  readonly offset?: number;
  /**
   * The format of the log. By default the first byte decides that is not white
   * space. Set the format when you start in the middle of a log.
   */
  readonly format?: LogFormat;
  /** The largest size of an event in bytes. A larger event is skipped. 1 MiB by default. */
  readonly limit?: number;
  /** Called for bytes that are skipped. */
  readonly onDamage?: (damage: Damage) => void;
}

const LIMIT = 1 << 20;
const NOTHING = new Uint8Array(0);

/**
 * Turns the bytes of a log into events. It opens no file. Give it bytes as they
 * arrive, and save {@linkcode UserLogReader.offset} to continue later.
 *
 * It is as forgiving as HTCondor's own reader. It skips lines between events, and
 * an event with a damaged header. If HTCondor would refuse the body of an event,
 * the event is returned with its `problem`. The last event of a log may be
 * incomplete: its bytes wait for the rest.
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
  /** The bytes from #start to #end wait for the rest of their event. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  /** The offset of #start in the log. */
  #offset: number;
  /** Whether an event that is too long is being skipped. */
  #skipping = false;
  #damage: Damage | undefined;

  /** Makes a reader that begins at `options.offset`. */
  constructor(options: ReaderOptions = {}) {
    this.#options = options;
    this.#limit = options.limit ?? LIMIT;
    this.#offset = options.offset ?? 0;
    this.#format = options.format;
  }

  /**
   * The offset at which to continue later: the end of the last complete event, or
   * of the bytes that were skipped after it.
   */
  get offset(): number {
    return this.#offset;
  }

  /** The format of the log. Undefined until a byte has decided it. */
  get format(): LogFormat | undefined {
    return this.#format;
  }

  /** The number of bytes that wait for the rest of their event. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** Takes the next bytes of the log. Returns the events that are complete now. */
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
   * Reports damage at the end of what was read. More bytes may be pushed after
   * that.
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
      // Read the chunk in place. #keep copies what remains of it.
      this.#cutter?.moved(-this.#start);
      [this.#bytes, this.#start, this.#end] = [chunk, 0, chunk.length];
      return;
    }
    const size = pending + chunk.length;
    if (this.#end + chunk.length > this.#bytes.length) {
      // Allocate twice what is needed, so that small chunks are rarely copied.
      const bytes = new Uint8Array(2 * size);
      bytes.set(this.#bytes.subarray(this.#start, this.#end));
      this.#cutter?.moved(-this.#start);
      [this.#bytes, this.#start, this.#end] = [bytes, 0, pending];
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
    this.#owned = true;
  }

  /** Whether #bytes belongs to the reader. Otherwise it is the caller's chunk. */
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

/** Returns all events of a log that is in memory. */
export function readEvents(
  bytes: Uint8Array,
  options: ReaderOptions = {},
): UserLogEvent[] {
  const reader = new UserLogReader(options);
  const events = reader.push(bytes);
  reader.flush();
  return events;
}

/** Something that bytes can be read from, such as an open file. */
export interface ByteReader {
  /** Reads as many bytes as fit, or fewer. Returns null at the end. */
  readSync(target: Uint8Array): number | null;
}

/** The number of bytes that are read at a time. */
const BLOCK = 1 << 16;

/**
 * Reads the events of an open file from its current position, block by block.
 * Pass a `reader` of your own if you want to continue later. Throws what the file
 * throws.
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

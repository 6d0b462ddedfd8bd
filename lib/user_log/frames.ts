/**
 * Finds where events begin and end. A log is cut into frames. A frame is an
 * event, or bytes that are not an event and are skipped.
 *
 * @module
 */
import type { LogFormat } from "./event.ts";

/** The next part of a log. */
export interface Frame {
  /** An event, or bytes that belong to no event. */
  readonly kind: "event" | "other";
  /** Where the frame ends; it begins where the cutter was asked to look. */
  readonly end: number;
}

/**
 * Cuts frames off a buffer that grows while it is read. It remembers how far it
 * has looked. So each byte is read once, even if bytes arrive one by one.
 */
export interface FrameCutter {
  /**
   * Returns the frame that begins at `start`, or undefined if the frame goes on
   * after `end`. More bytes may be added after `end` between two calls.
   */
  next(bytes: Uint8Array, start: number, end: number): Frame | undefined;
  /**
   * Skips an event that is too long to be kept. Returns where the next event may
   * begin, or `end` if that place has not been found yet.
   */
  skip(bytes: Uint8Array, start: number, end: number): SkipResult;
  /** Tells the cutter that the bytes it has looked at have moved in the buffer. */
  moved(by: number): void;
}

/** Where the next event may begin, and whether that place was found. */
export interface SkipResult {
  readonly at: number;
  readonly found: boolean;
}

/** Returns a cutter for logs of a format. */
export function cutterFor(format: LogFormat): FrameCutter {
  return format === "classic"
    ? new ClassicCutter()
    : format === "json"
    ? new JsonCutter()
    : new XmlCutter();
}

const NEWLINE = 10, RETURN = 13, DOT = 46, BLANK = 32;

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Whether a line, from `start` to its newline at `newline`, is `...`. */
function isEndLine(bytes: Uint8Array, start: number, newline: number): boolean {
  if (bytes[start] !== DOT) return false;
  const length = newline - start;
  return bytes[start + 1] === DOT && bytes[start + 2] === DOT &&
    (length === 3 || (length === 4 && bytes[start + 3] === RETURN));
}

/** Classic logs: an event begins with three digits and ends with a line of three dots. */
class ClassicCutter implements FrameCutter {
  /** All bytes before this place have been searched for a newline. */
  #looked = 0;
  /** Where the current line begins; -1 before the first. */
  #line = -1;
  /** Whether the current frame is an event. */
  #inEvent = false;

  moved(by: number): void {
    this.#looked += by;
    if (this.#line >= 0) this.#line += by;
  }

  next(bytes: Uint8Array, start: number, end: number): Frame | undefined {
    if (this.#line < 0) {
      this.#line = start;
      this.#looked = start;
      this.#inEvent = false;
    }
    for (;;) {
      const newline = indexOfNewline(bytes, this.#looked, end);
      if (newline < 0) {
        this.#looked = end;
        return undefined;
      }
      const line = this.#line;
      this.#looked = this.#line = newline + 1;
      if (line === start) {
        this.#inEvent = beginsEvent(bytes, start, newline);
        if (!this.#inEvent) return this.#frame("other", newline + 1);
      } else if (isEndLine(bytes, line, newline)) {
        return this.#frame("event", newline + 1);
      }
    }
  }

  #frame(kind: "event" | "other", end: number): Frame {
    this.#line = -1;
    return { kind, end };
  }

  skip(bytes: Uint8Array, start: number, end: number): SkipResult {
    this.#line = -1;
    for (let line = start;;) {
      const newline = indexOfNewline(bytes, line, end);
      // The last bytes may be the start of the line of dots.
      if (newline < 0) {
        return { at: Math.max(line, end - 4), found: false };
      }
      if (isEndLine(bytes, line, newline)) {
        return { at: newline + 1, found: true };
      }
      line = newline + 1;
    }
  }
}

function indexOfNewline(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) if (bytes[at] === NEWLINE) return at;
  return -1;
}

function beginsEvent(bytes: Uint8Array, at: number, newline: number): boolean {
  return newline - at > 3 && isDigit(bytes[at]) && isDigit(bytes[at + 1]) &&
    isDigit(bytes[at + 2]) && bytes[at + 3] === BLANK;
}

function isSpace(byte: number): boolean {
  return byte === BLANK || (byte >= 9 && byte <= 13);
}

/** Whether a byte of an ad opens or closes a brace or tag. */
type Step = "open" | "close" | "none";

/**
 * Logs of ads. If a writer was killed, its ad never ends. Such an ad is given up
 * where another one begins at the start of a line. (HTCondor indents ads that are
 * inside another ad.)
 */
abstract class AdCutter implements FrameCutter {
  #looked = -1;
  #depth = 0;
  /** The first byte of an ad. */
  protected abstract readonly first: number;

  /**
   * Looks at the byte at `at`. Returns how the byte changes the depth and where to
   * look next, or undefined if more bytes are needed.
   */
  protected abstract step(
    bytes: Uint8Array,
    at: number,
    end: number,
  ): { step: Step; next: number } | undefined;
  /** Called when a new frame begins. */
  protected abstract reset(): void;

  moved(by: number): void {
    if (this.#looked >= 0) this.#looked += by;
  }

  next(bytes: Uint8Array, start: number, end: number): Frame | undefined {
    if (this.#looked < 0) {
      if (start >= end) return undefined;
      if (bytes[start] !== this.first) return this.#other(bytes, start, end);
      this.#looked = start;
      this.#depth = 0;
      this.reset();
    }
    while (this.#looked < end) {
      const at = this.#looked;
      if (this.#depth > 0 && this.#beginsAd(bytes, at)) {
        return this.#frame("other", at);
      }
      const found = this.step(bytes, at, end);
      if (found === undefined) return undefined;
      this.#looked = found.next;
      if (found.step === "open") this.#depth++;
      else if (this.#depth === 0) return this.#frame("other", found.next);
      else if (found.step === "close" && --this.#depth === 0) {
        return this.#frame("event", found.next);
      }
    }
    return undefined;
  }

  #frame(kind: "event" | "other", end: number): Frame {
    this.#looked = -1;
    return { kind, end };
  }

  /** Returns a frame of white space, or of a line that is not an ad. */
  #other(bytes: Uint8Array, start: number, end: number): Frame {
    let at = start;
    while (at < end && isSpace(bytes[at])) at++;
    if (at === start) {
      while (at < end && bytes[at] !== NEWLINE && bytes[at] !== this.first) {
        at++;
      }
    }
    return { kind: "other", end: at };
  }

  #beginsAd(bytes: Uint8Array, at: number): boolean {
    return bytes[at] === this.first && bytes[at - 1] === NEWLINE &&
      this.isOpening(bytes, at);
  }

  /** Whether an ad begins at this byte. */
  protected abstract isOpening(bytes: Uint8Array, at: number): boolean;

  skip(bytes: Uint8Array, start: number, end: number): SkipResult {
    this.#looked = -1;
    for (let at = start; at + 1 < end; at++) {
      if (bytes[at] !== NEWLINE || bytes[at + 1] !== this.first) continue;
      if (at + 3 < end && !this.isOpening(bytes, at + 1)) continue;
      return { at: at + 1, found: true };
    }
    return { at: Math.max(start, end - 1), found: false };
  }
}

const QUOTE = 34, BACKSLASH = 92, OPEN = 123, CLOSE = 125;

/** `{ "Name": value }`. Braces inside strings do not count. */
class JsonCutter extends AdCutter {
  protected override readonly first = OPEN;
  #inString = false;
  #escaped = false;

  protected override reset(): void {
    this.#inString = this.#escaped = false;
  }

  protected override isOpening(): boolean {
    return true;
  }

  protected override step(bytes: Uint8Array, at: number, end: number) {
    if (this.#inString) return this.#inText(bytes, at, end);
    const byte = bytes[at];
    if (byte === QUOTE) this.#inString = true;
    const step: Step = byte === OPEN
      ? "open"
      : byte === CLOSE
      ? "close"
      : "none";
    return { step, next: at + 1 };
  }

  #inText(bytes: Uint8Array, start: number, end: number) {
    let next = start;
    while (next < end && this.#inString) {
      const byte = bytes[next++];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      // A string never contains a newline: its writer was killed.
      else if (byte === QUOTE || byte === NEWLINE) this.#inString = false;
    }
    return { step: "none" as const, next };
  }
}

const LESS = 60, SLASH = 47, LETTER_C = 99, GREATER = 62;

/** `<c><a n="Name">value</a></c>`. Text never contains `<`. */
class XmlCutter extends AdCutter {
  protected override readonly first = LESS;

  protected override reset(): void {}

  protected override isOpening(bytes: Uint8Array, at: number): boolean {
    return bytes[at + 1] === LETTER_C && bytes[at + 2] === GREATER;
  }

  protected override step(bytes: Uint8Array, at: number, end: number) {
    if (bytes[at] !== LESS) {
      let next = at;
      while (next < end && bytes[next] !== LESS) next++;
      return { step: "none" as const, next };
    }
    if (at + 4 > end) return undefined;
    if (this.isOpening(bytes, at)) {
      return { step: "open" as const, next: at + 3 };
    }
    const closing = bytes[at + 1] === SLASH && bytes[at + 2] === LETTER_C &&
      bytes[at + 3] === GREATER;
    return closing
      ? { step: "close" as const, next: at + 4 }
      : { step: "none" as const, next: at + 1 };
  }
}

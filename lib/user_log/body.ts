/**
 * The body of a classic event, line by line.
 *
 * @module
 */

/**
 * The lines of a body. The first is what follows the header on the header's
 * line. The line of dots that ends the event is left out.
 */
export class BodyLines {
  readonly #text: string;
  #at = 0;

  /** `text` ends with a newline, or is empty. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether all lines have been read. */
  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Returns the next line without its newline, or undefined after the last. */
  next(): string | undefined {
    if (this.done) return undefined;
    const newline = this.#text.indexOf("\n", this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  /**
   * Returns the next line as HTCondor reads it into a buffer of `size` bytes. A
   * line that does not fit ends the event.
   */
  nextWithin(size: number): string | undefined {
    const line = this.next();
    if (line === undefined || line.length + 2 <= size) return line;
    this.#at = this.#text.length;
    return undefined;
  }

  /** Returns what follows `prefix` on the next line; undefined if the line begins otherwise. */
  after(prefix: string): string | undefined {
    const line = this.next();
    return line?.startsWith(prefix) ? line.slice(prefix.length) : undefined;
  }

  /** Returns all that has not been read yet. */
  rest(): string {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return rest;
  }
}

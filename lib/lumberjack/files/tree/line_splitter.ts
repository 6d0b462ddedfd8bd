/** Splits bytes of UTF-8 that come in pieces into lines. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The beginning of a line whose end has not come yet. */
  get rest(): string {
    return this.#rest;
  }

  /** Takes a piece. Returns the lines that are complete now, without their ends. */
  take(piece: Uint8Array): string[] {
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const lines = text.split("\n");
    this.#rest = lines.pop()!;
    return lines;
  }
}

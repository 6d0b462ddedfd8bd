import { createHash } from "node:crypto";

/** How much is kept before it goes to the file, in bytes. */
const pieceSize = 64 * 1024;

/**
 * Bytes kept in a temporary file, which is gone with this object. A few bytes
 * need no file.
 */
export class Scratch implements Disposable {
  #file: Deno.FsFile | undefined;
  readonly #hash = createHash("sha256");
  readonly #pieces: Uint8Array[] = [];
  /** How many bytes are in memory, and how many in the file. */
  #length = 0;
  #written = 0;

  /** Adds bytes. */
  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#pieces.push(bytes.slice());
    this.#length += bytes.length;
    if (this.#length >= pieceSize) this.#flush();
  }

  /** Returns the SHA-256 of all bytes, in hexadecimal. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Hands the bytes on from the beginning, in pieces. */
  *read(): Generator<Uint8Array> {
    if (!this.#file) {
      yield* this.#pieces;
      return;
    }
    this.#flush();
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (;;) {
      const piece = new Uint8Array(pieceSize);
      const count = this.#file.readSync(piece);
      if (count === null) return;
      yield piece.subarray(0, count);
    }
  }

  /** Returns all bytes as text. */
  text(): string {
    const decoder = new TextDecoder();
    let text = "";
    for (const piece of this.read()) {
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }

  /** Returns how many bytes there are. */
  get size(): number {
    return this.#written + this.#length;
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #flush(): void {
    this.#file ??= makeFile();
    this.#file.seekSync(0, Deno.SeekMode.End);
    for (const piece of this.#pieces) {
      let at = 0;
      while (at < piece.length) at += this.#file.writeSync(piece.subarray(at));
    }
    this.#written += this.#length;
    this.#pieces.length = 0;
    this.#length = 0;
  }
}

/** Makes the file, readable by us alone. */
function makeFile(): Deno.FsFile {
  const path = Deno.makeTempFileSync({ prefix: "lumberjack-" });
  const file = Deno.openSync(path, { read: true, write: true });
  // The name goes now: however we end, nothing stays.
  Deno.removeSync(path);
  return file;
}

import { createHash } from "node:crypto";

/** How much is kept before it goes to the file, in bytes. */
const pieceSize = 64 * 1024;

/** Bytes kept in a temporary file, which is gone with this object. */
export class Scratch implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** Makes the file, readable by us alone. */
  constructor() {
    this.#path = Deno.makeTempFileSync({ prefix: "lumberjack-" });
    this.#file = Deno.openSync(this.#path, { read: true, write: true });
    // The name goes now: however we end, nothing stays.
    Deno.removeSync(this.#path);
  }

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
    this.#flush();
    return this.#file.statSync().size;
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #flush(): void {
    this.#file.seekSync(0, Deno.SeekMode.End);
    for (const piece of this.#pieces) {
      let at = 0;
      while (at < piece.length) at += this.#file.writeSync(piece.subarray(at));
    }
    this.#pieces.length = 0;
    this.#length = 0;
  }
}

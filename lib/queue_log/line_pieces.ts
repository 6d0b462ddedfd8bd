import { allocate, type ByteSource } from "./byte_source.ts";

const PIECE = 1024 * 1024;

/**
 * Calls `visit` for each line of the source between `from` and `limit`. It gets
 * the bytes, the start and the end of the line in them (the end includes the
 * newline), and the offset of the line in the log. The last line may lack its
 * newline. `visit` returns false to stop. A single line must fit into memory.
 */
export function visitLines(
  source: ByteSource,
  from: number,
  limit: number,
  visit: (
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
  ) => boolean,
): void {
  let bytes: Uint8Array = new Uint8Array(
    Math.max(1, Math.min(PIECE, limit - from)),
  );
  let base = from;
  let filled = 0;
  while (base < limit) {
    const count = Math.min(bytes.length - filled, limit - base - filled);
    source.readInto(bytes.subarray(filled, filled + count), base + filled);
    filled += count;
    const atEnd = base + filled >= limit;
    let at = 0;
    const piece = bytes.subarray(0, filled);
    while (at < filled) {
      const newline = piece.indexOf(10, at);
      if (newline < 0 && !atEnd) break;
      const end = newline < 0 ? filled : newline + 1;
      if (!visit(bytes, at, end, base + at)) return;
      at = end;
    }
    if (at === 0 && !atEnd) {
      const larger = allocate(bytes.length * 2, source.name);
      larger.set(piece);
      bytes = larger;
      continue;
    }
    bytes.copyWithin(0, at, filled);
    base += at;
    filled -= at;
  }
}

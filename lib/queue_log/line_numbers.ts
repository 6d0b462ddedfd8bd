import type { ByteSource } from "./byte_source.ts";

const PIECE = 1024 * 1024;

/**
 * Returns the line numbers, counted from 1, of offsets. The offsets must be
 * sorted.
 */
export function lineNumbers(
  source: ByteSource,
  offsets: readonly number[],
): number[] {
  const lines: number[] = [];
  let line = 1;
  const bytes = new Uint8Array(PIECE);
  for (let base = 0; lines.length < offsets.length; base += PIECE) {
    const count = Math.max(0, Math.min(PIECE, source.size - base));
    const piece = bytes.subarray(0, count);
    source.readInto(piece, base);
    let at = 0;
    while (lines.length < offsets.length) {
      const wanted = offsets[lines.length] - base;
      const until = Math.min(wanted, count);
      for (; at < until; at++) if (piece[at] === 10) line++;
      if (wanted >= PIECE && count === PIECE) break;
      lines.push(line);
    }
  }
  return lines;
}

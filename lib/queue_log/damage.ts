import type { ByteSource } from "./byte_source.ts";
import { toInt32 } from "./key.ts";
import { Op } from "./record.ts";

// HTCondor looks for the end of a transaction with fgets(line,
// ATTRLIST_MAX_EXPRESSION + 64, …), where ATTRLIST_MAX_EXPRESSION is 10240. It
// therefore examines a longer line piece by piece.
const PIECE = 10240 + 64 - 1;
const WINDOW = 1024 * 1024;

/**
 * Returns whether a record 106 follows a bad record. In that case the schedd
 * refuses to start (`InstantiateLogEntry` in HTCondor's
 * `condor_utils/classad_log.cpp`). HTCondor looks only at the number at the
 * beginning of each line, so `106 ` inside a value that was split counts too.
 */
export function endOfTransactionFollows(
  source: ByteSource,
  offset: number,
): boolean {
  const bytes = new Uint8Array(Math.min(WINDOW, source.size - offset));
  let base = offset;
  let filled = 0;
  for (;;) {
    const count = Math.min(bytes.length - filled, source.size - base - filled);
    source.readInto(bytes.subarray(filled, filled + count), base + filled);
    filled += count;
    const atEnd = base + filled >= source.size;
    let at = 0;
    while (at < filled) {
      const room = Math.min(PIECE, filled - at);
      const newline = bytes.subarray(at, at + room).indexOf(10);
      if (newline < 0 && room < PIECE && !atEnd) break;
      const length = newline < 0 ? room : newline + 1;
      if (beginsWithEnd(bytes.subarray(at, at + length))) return true;
      at += length;
    }
    if (atEnd) return false;
    bytes.copyWithin(0, at, filled);
    filled -= at;
    base += at;
  }
}

/** Returns whether sscanf(line, "%d ", &op) == 1 and op == 106. */
function beginsWithEnd(line: Uint8Array): boolean {
  let at = 0;
  while (at < line.length && (line[at] === 32 || isControlSpace(line[at]))) {
    at++;
  }
  const start = at;
  if (line[at] === 43 || line[at] === 45) at++;
  while (at < line.length && line[at] >= 48 && line[at] <= 57) at++;
  const word = new TextDecoder().decode(line.subarray(start, at));
  return /\d$/.test(word) && toInt32(word) === Op.end;
}

function isControlSpace(byte: number): boolean {
  return byte >= 9 && byte <= 13;
}

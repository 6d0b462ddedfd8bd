/**
 * Writes the headers of a tar archive: POSIX ustar, with a pax extended header
 * in front of an entry that ustar has no room for (POSIX.1-2017, pax,
 * "ustar Interchange Format").
 *
 * @module
 */

/** Everything in an archive fills blocks of this size, in bytes. */
const blockSize = 512;

/** What stands at the end of an archive. */
export const endOfArchive: Uint8Array = new Uint8Array(2 * blockSize);

/** What a header says of a file or folder. */
export interface TarHead {
  /** Its path; that of a folder has no slash at its end. */
  readonly path: string;
  /** Whether it is a folder. */
  readonly isFolder: boolean;
  /** Permission bits. */
  readonly mode: number;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
  /** In bytes; 0 for a folder. */
  readonly size: number;
}

/** The largest size and time that eleven octal digits can say. */
const largest = 8 ** 11 - 1;

const encoder = new TextEncoder();

/** Returns the header of an entry: one block, or more with a pax header. */
export function tarHeader(head: TarHead): Uint8Array {
  const { path, isFolder, mode, mtime, size } = head;
  const written = isFolder ? `${path}/` : path;
  const name = splitName(written);
  const type = isFolder ? "5" : "0";
  if (name !== undefined && size <= largest) {
    return block({ ...name, mode, mtime, size, type });
  }
  const records = encoder.encode([
    ...name === undefined ? [paxRecord("path", written)] : [],
    ...size > largest ? [paxRecord("size", `${size}`)] : [],
  ].join(""));
  const extended = { prefix: "", name: "PaxHeader", mode: 0o644, mtime };
  const padded = records.length + paddingOf(records.length);
  const bytes = new Uint8Array(2 * blockSize + padded);
  bytes.set(block({ ...extended, size: records.length, type: "x" }));
  bytes.set(records, blockSize);
  const own = { ...(name ?? extended), mode, mtime, size, type };
  bytes.set(block(own), blockSize + padded);
  return bytes;
}

/** How many zeros follow contents of this size. */
export function paddingOf(size: number): number {
  return (blockSize - size % blockSize) % blockSize;
}

/**
 * Divides a path into the two fields that ustar has for it. Returns undefined if
 * they are too short, or if the path is not ASCII.
 */
function splitName(
  path: string,
): { readonly prefix: string; readonly name: string } | undefined {
  if (!/^[ -~]*$/.test(path)) return undefined;
  if (path.length <= 100) return { prefix: "", name: path };
  // The slash between the two is not written.
  const at = path.indexOf("/", path.length - 101);
  if (at < 1 || at > 155 || at === path.length - 1) return undefined;
  return { prefix: path.slice(0, at), name: path.slice(at + 1) };
}

/** One record of a pax header: its length in decimal counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = encoder.encode(rest).length;
  let whole = length;
  while (`${whole}`.length + length !== whole) {
    whole = `${whole}`.length + length;
  }
  return `${whole}${rest}`;
}

interface Fields {
  readonly prefix: string;
  readonly name: string;
  readonly mode: number;
  readonly mtime: number;
  readonly size: number;
  readonly type: string;
}

/** All texts in it are ASCII. */
function block(
  { prefix, name, mode, mtime, size, type }: Fields,
): Uint8Array {
  const bytes = new Uint8Array(blockSize);
  const put = (at: number, text: string) =>
    encoder.encodeInto(
      text,
      bytes.subarray(at),
    );
  const octal = (value: number, digits: number) =>
    Math.min(Math.max(0, value), 8 ** digits - 1).toString(8)
      .padStart(digits, "0");
  put(0, name);
  put(100, octal(mode & 0o777, 7));
  // The user and group ids do not travel.
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size > largest ? 0 : size, 11));
  put(136, octal(mtime, 11));
  put(148, "        ");
  put(156, type);
  put(257, "ustar\x0000");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  put(345, prefix);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  put(148, `${octal(sum, 6)}\x00 `);
  return bytes;
}

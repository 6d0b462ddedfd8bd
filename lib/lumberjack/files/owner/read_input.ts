import { treePathProblem } from "../tree/path.ts";
import { readSteadily } from "../tree/steady_file.ts";
import { malformed } from "./frame.ts";
import type { OwnersRights } from "./owners_rights.ts";
import { filesBelow } from "./inspect.ts";
import type { Json, Service, ServiceCaller } from "./service.ts";

/** A file or folder that is read as its owner. */
export interface ReadEntry {
  /** Its path below the input; empty for the input itself. */
  readonly path: string;
  /** Whether it is a folder. */
  readonly isFolder: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
  /**
   * The contents of a file, which have to be read before the next entry. Throws
   * ServiceError if they cannot be read or change meanwhile.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reads a file, or a folder with what is in it, as the owner: a folder before
 * its contents. Symbolic links to files are followed. Throws ServiceError if
 * something cannot be read.
 */
export async function* readInputAs(
  owner: ServiceCaller,
  from: string,
): AsyncGenerator<ReadEntry> {
  const { body } = await owner.call("readInput", from);
  const input = new EntryStream(body);
  for (;;) {
    const head = await input.head();
    if (head === undefined) return;
    yield { ...head, body: input.contents(head.size) };
  }
}

/** The longest head of an entry, in bytes. */
const longestHead = 64 * 1024;

/** Takes a stream of heads and contents apart. */
class EntryStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array();

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** Reads the head of the next entry; undefined at the end. */
  async head(): Promise<Omit<ReadEntry, "body"> | undefined> {
    const parts: number[] = [];
    for (;;) {
      if (this.#bytes.length === 0 && !await this.#fill()) {
        if (parts.length > 0) throw malformed();
        return undefined;
      }
      const end = this.#bytes.indexOf(0x0a);
      const part = this.#bytes.subarray(
        0,
        end < 0 ? this.#bytes.length : end + 1,
      );
      parts.push(...part);
      this.#bytes = this.#bytes.subarray(part.length);
      if (parts.length > longestHead) throw malformed();
      if (end >= 0) return parseHead(Uint8Array.from(parts));
    }
  }

  /** Hands on the contents of the entry at hand. */
  async *contents(size: number): AsyncGenerator<Uint8Array> {
    let left = size;
    while (left > 0) {
      if (this.#bytes.length === 0 && !await this.#fill()) throw malformed();
      const piece = this.#bytes.subarray(0, left);
      this.#bytes = this.#bytes.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    // Whether the file has changed shows in what follows: ask for that now.
    if (this.#bytes.length === 0) await this.#fill();
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done) return false;
    this.#bytes = value;
    return true;
  }
}

function parseHead(bytes: Uint8Array): Omit<ReadEntry, "body"> {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    throw malformed();
  }
  const { path, isFolder, size, mode, mtime } = value;
  if (typeof path !== "string") throw malformed();
  if (path !== "" && treePathProblem(path) !== undefined) throw malformed();
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw malformed();
  if (!Number.isSafeInteger(mode) || !Number.isSafeInteger(mtime)) {
    throw malformed();
  }
  return {
    path,
    isFolder: isFolder === true,
    size: isFolder === true ? 0 : size as number,
    mode: (mode as number) & 0o777,
    mtime: mtime as number,
  };
}

/** Does the work of {@linkcode readInputAs} as the owner. */
export const readInput: Service = (from, { alive, rights }) => ({
  result: null,
  body: read(from as string, alive, rights),
});

async function* read(
  from: string,
  alive: () => void,
  rights: OwnersRights | undefined,
): AsyncGenerator<Uint8Array> {
  rights?.requirePath(from);
  const info = Deno.statSync(from);
  if (!info.isDirectory) {
    yield* readOne("", from, rights);
    return;
  }
  yield head({
    ...{ path: "", isFolder: true, size: 0 },
    mode: (info.mode ?? 0o755) & 0o777,
    mtime: seconds(info.mtime),
  });
  const below = filesBelow(from, alive, rights);
  for await (const { path, isFolder, mode, mtime } of below) {
    if (isFolder) {
      yield head({ path, isFolder, size: 0, mode, mtime: seconds(mtime) });
    } else {
      yield* readOne(path, `${from}/${path}`, rights);
    }
  }
}

function* readOne(
  path: string,
  full: string,
  rights: OwnersRights | undefined,
): Generator<Uint8Array> {
  using file = readSteadily(full, { follow: true });
  rights?.requireOpened(file, full);
  const { size, mode, mtime } = file;
  yield head({ path, isFolder: false, size, mode, mtime });
  yield* file.piecesSync();
}

function head(entry: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(entry) + "\n");
}

function seconds(time: Date | null): number {
  return Math.floor((time?.getTime() ?? 0) / 1000);
}

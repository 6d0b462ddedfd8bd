import { createHash } from "node:crypto";
import { treePathProblem } from "../tree/path.ts";
import { readSteadily } from "../tree/steady_file.ts";
import { describeFailure, failureFrom } from "./failure.ts";
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
   * ServiceError at their end if they cannot be read or change meanwhile. Zeros
   * then stand for the rest of them.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Returns the SHA-256 of the body, in hexadecimal, when all of it was read. */
  readonly digest: () => string | undefined;
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
  try {
    for (;;) {
      const head = await input.head();
      if (head === undefined) return;
      let end: FileEnd | undefined;
      const body = async function* () {
        yield* input.contents(head.size);
        end = parseEnd(await input.line());
        if (end.problem !== undefined) throw failureFrom(end.problem);
      };
      yield { ...head, body: body(), digest: () => end?.sha256 };
    }
  } finally {
    await input.giveUp();
  }
}

/** What follows the contents of a file. */
interface FileEnd {
  /** The SHA-256 of the contents, in hexadecimal. */
  readonly sha256: string;
  /** Why they are not those of the file, as failure.ts describes it. */
  readonly problem?: unknown;
}

type Head = Omit<ReadEntry, "body" | "digest">;

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
  async head(): Promise<Head | undefined> {
    const line = await this.line();
    return line && parseHead(line);
  }

  /** Reads a line; undefined at the end. */
  async line(): Promise<Uint8Array | undefined> {
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
      if (end >= 0) return Uint8Array.from(parts);
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
  }

  /** Stops to read. */
  async giveUp(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done) return false;
    this.#bytes = value;
    return true;
  }
}

function parseHead(bytes: Uint8Array): Head {
  const { path, isFolder, size, mode, mtime } = parseObject(bytes);
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

function parseEnd(bytes: Uint8Array | undefined): FileEnd {
  const { sha256, problem } = parseObject(bytes ?? new Uint8Array());
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw malformed();
  }
  return { sha256, problem };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    throw malformed();
  }
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
      if (!(yield* readOne(path, `${from}/${path}`, rights))) return;
    }
  }
}

/** Reads one file. Returns whether all went well. */
function* readOne(
  path: string,
  full: string,
  rights: OwnersRights | undefined,
): Generator<Uint8Array, boolean> {
  using file = readSteadily(full, { follow: true });
  rights?.requireOpened(file, full);
  const { size, mode, mtime } = file;
  yield head({ path, isFolder: false, size, mode, mtime });
  const hash = createHash("sha256");
  let left = size;
  let problem: Json | undefined;
  const pieces = file.piecesSync();
  for (;;) {
    let piece: Uint8Array | undefined;
    try {
      piece = pieces.next().value ?? undefined;
    } catch (error) {
      problem = describeFailure(error);
    }
    if (piece === undefined) break;
    hash.update(piece);
    left -= piece.length;
    yield piece;
  }
  // Zeros stand for what could not be read, so that the next line is found.
  for (; left > 0; left -= Math.min(left, zeros.length)) {
    const piece = zeros.subarray(0, Math.min(left, zeros.length));
    hash.update(piece);
    yield piece;
  }
  const sha256 = hash.digest("hex");
  yield head(problem === undefined ? { sha256 } : { sha256, problem });
  return problem === undefined;
}

const zeros = new Uint8Array(64 * 1024);

function head(entry: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(entry) + "\n");
}

function seconds(time: Date | null): number {
  return Math.floor((time?.getTime() ?? 0) / 1000);
}

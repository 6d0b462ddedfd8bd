import { readSteadily } from "../tree/steady_file.ts";
import { malformed } from "./frame.ts";
import type { Service, ServiceCaller } from "./service.ts";

/** A file that is read as its owner. */
export interface OwnersFile {
  /** In bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** When it was last changed, in seconds since 1970. */
  readonly mtime: number;
  /** The contents; see {@linkcode readSteadily}. To be read before the next call. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Opens a plain file as the owner; symbolic links are followed. Throws if the
 * owner cannot read it, if it is no plain file, and, from `body`, if it changes
 * while it is read.
 */
export async function readFileAs(
  owner: ServiceCaller,
  path: string,
): Promise<OwnersFile> {
  const { result, body } = await owner.call("readFile", path);
  const head = (result ?? {}) as Record<string, unknown>;
  const [size, mode, mtime] = [head.size, head.mode, head.mtime];
  if (!isCount(size) || !isCount(mode) || !Number.isSafeInteger(mtime)) {
    throw malformed();
  }
  return {
    ...{ size, mode: mode & 0o777, mtime: mtime as number },
    body: kept(body),
  };
}

/** Copies the pieces, so that the caller may keep them. */
async function* kept(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) yield piece.slice();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Does the work of {@linkcode readFileAs} as the owner. */
export const readFile: Service = (path, { rights }) => {
  rights?.requirePath(path as string);
  const file = readSteadily(path as string, { follow: true });
  rights?.requireOpened(file, path as string);
  const { size, mode, mtime } = file;
  const body = (async function* () {
    try {
      yield* file.pieces();
    } finally {
      file[Symbol.dispose]();
    }
  })();
  return { result: { size, mode, mtime }, body };
};

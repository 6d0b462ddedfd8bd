/**
 * Compression of bundles by the name of the file: `.tar`, `.tar.gz` (or `.tgz`)
 * and `.tar.zst`. zstd comes from the runtime where it has it, else from the
 * program `zstd`.
 *
 * @module
 */
import { Readable } from "node:stream";
import * as zlib from "node:zlib";
import { DamagedTreeError, TreeError } from "./entry.ts";

/** How a bundle is compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** How much a stream of the runtime hands on at once, in bytes. */
const pieceSize = 256 * 1024;

/** Bytes that pass in pieces. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * Returns how a bundle of that name is compressed. Throws {@linkcode TreeError}
 * when the name is not that of a bundle.
 */
export function compressionOf(file: string): Compression {
  if (file.endsWith(".tar")) return "none";
  if (file.endsWith(".tar.gz") || file.endsWith(".tgz")) return "gzip";
  if (file.endsWith(".tar.zst")) return "zstd";
  throw new TreeError("the name of a bundle says how it is compressed", {
    subject: file,
    remedy: "let it end in .tar, .tar.gz or .tar.zst",
  });
}

/** Whether the name is that of a bundle. */
export function isBundleName(file: string): boolean {
  return /\.(tar|tar\.gz|tgz|tar\.zst)$/.test(file);
}

/**
 * Returns a stream of the runtime that compresses. Throws {@linkcode TreeError}
 * if the runtime cannot: an older one has no zstd.
 */
export function compressor(
  kind: Exclude<Compression, "none">,
): NodeJS.ReadWriteStream {
  const chunkSize = pieceSize;
  if (kind === "gzip") return zlib.createGzip({ level: 6, chunkSize });
  const native = nativeZstd("compress");
  if (native) return native;
  throw noZstd();
}

/** Decompresses a stream; damaged data makes the stream throw. */
export function decompress(bytes: ByteStream, kind: Compression): ByteStream {
  if (kind === "none") return bytes;
  if (kind === "gzip") {
    return through(bytes, zlib.createGunzip({ chunkSize: pieceSize }));
  }
  const native = nativeZstd("decompress");
  return native
    ? through(bytes, native)
    : throughProgram(bytes, ["-d", "-c", "-q"]);
}

/**
 * Returns the ending of bundles that this host can make best: `tar.zst` if the
 * runtime or a program has zstd, else `tar.gz`.
 */
export function bestEnding(): "tar.zst" | "tar.gz" {
  const native = nativeZstd("compress");
  if (native !== undefined) {
    native.destroy();
    return "tar.zst";
  }
  try {
    const { success } = new Deno.Command("zstd", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? "tar.zst" : "tar.gz";
  } catch {
    return "tar.gz";
  }
}

/** What a transform stream of node:zlib is to us. */
type Transform = NodeJS.ReadWriteStream & { destroy(error?: Error): void };

/** What node:zlib has where it knows zstd. */
interface ZstdLibrary {
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
  readonly createZstdCompress?: (options: object) => Transform;
  readonly createZstdDecompress?: (options: object) => Transform;
}

/**
 * Older runtimes have the zstd functions of node:zlib, and these throw when they
 * are called: whether it is there can only be tried.
 */
function nativeZstd(
  direction: "compress" | "decompress",
): Transform | undefined {
  const library = zlib as unknown as ZstdLibrary;
  const chunkSize = pieceSize;
  try {
    return direction === "compress"
      ? library.createZstdCompress?.({
        chunkSize,
        // Level 1: jobs wait for the bundle.
        params: { [library.constants.ZSTD_c_compressionLevel!]: 1 },
      })
      : library.createZstdDecompress?.({ chunkSize });
  } catch {
    return undefined;
  }
}

async function* through(bytes: ByteStream, stage: Transform): ByteStream {
  const source = Readable.from(bytes, { objectMode: false });
  source.on("error", (error: Error) => stage.destroy(error));
  source.pipe(stage);
  try {
    for await (const piece of stage) yield piece as unknown as Uint8Array;
  } finally {
    source.destroy();
    stage.destroy();
  }
}

async function* throughProgram(
  bytes: ByteStream,
  args: readonly string[],
): ByteStream {
  const program = startZstd(args);
  const fed = feed(bytes, program.stdin.getWriter());
  // It may fail before anybody waits for it; it is awaited below all the same.
  fed.catch(() => {});
  try {
    yield* program.stdout;
    await fed;
    if (!(await program.status).success) {
      throw new DamagedTreeError("zstd failed", {
        remedy: "the bundle is damaged, or the disk is full",
      });
    }
  } finally {
    try {
      program.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await fed.catch(() => {});
  }
}

function startZstd(args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command("zstd", {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  } catch (cause) {
    throw noZstd(cause);
  }
}

function noZstd(cause?: unknown): TreeError {
  return new TreeError("there is no zstd on this host", {
    cause,
    remedy: "install zstd, or name the bundle .tar.gz",
  });
}

async function feed(
  bytes: ByteStream,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    for await (const piece of bytes) await writer.write(piece);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

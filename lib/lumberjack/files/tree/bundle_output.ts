/**
 * The file of a bundle while it is written, and what compresses it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fdatasync, fsyncSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type Compression, compressor } from "./compression.ts";
import { EarlySync } from "./early_sync.ts";
import { TreeError } from "./entry.ts";
import { isInstalled, withWidePipe } from "./wide_pipe.ts";

/** Takes the bytes of an archive. */
export interface BundleOutput {
  /** Takes bytes. They may be changed when the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the archive. All of it is in the file then, and on the disk. */
  end(): Promise<void>;
  /** Stops in the middle. */
  abandon(): Promise<void>;
}

/**
 * Returns what writes an archive to an open file. `path` is the bundle's, for
 * messages. The program `zstd` compresses beside us and writes to the file
 * itself; where it is not there, the runtime does it.
 */
export async function bundleOutput(
  file: number,
  path: string,
  compression: Compression,
): Promise<BundleOutput> {
  if (compression === "none") return new PlainOutput(file, path);
  if (compression === "zstd") {
    const program = await startZstd(file);
    if (program) return new ProgramOutput(program, file, path);
  }
  return new StreamOutput(compressor(compression), file, path);
}

/** How much is written to the file before it goes to the disk, in bytes. */
const syncEvery = 64 * 1024 * 1024;

/** Writes a file to the disk while more is written to it. */
class FileSync {
  readonly #file: number;
  readonly #path: string;
  readonly #early = new EarlySync();
  #bytes = 0;

  constructor(file: number, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Bytes were written. */
  wrote(bytes: number): void {
    this.#naming(() => this.#early.throwFailure());
    this.#bytes += bytes;
    if (this.#bytes < syncEvery || this.#early.isRunning) return;
    this.#bytes = 0;
    this.#early.start(() => syncData(this.#file));
  }

  /** Writes all of the file to the disk. */
  async end(): Promise<void> {
    await this.#early.settle();
    this.#naming(() => {
      this.#early.throwFailure();
      fsyncSync(this.#file);
    });
  }

  /** Waits, and does not mind whether the sync failed. */
  async abandon(): Promise<void> {
    await this.#early.settle();
  }

  #naming(step: () => void): void {
    try {
      step();
    } catch (cause) {
      throw cannotWrite(this.#path, cause);
    }
  }
}

const syncData = promisify(fdatasync);

/** No compression. */
class PlainOutput implements BundleOutput {
  readonly #file: number;
  readonly #path: string;
  readonly #sync: FileSync;

  constructor(file: number, path: string) {
    this.#file = file;
    this.#path = path;
    this.#sync = new FileSync(file, path);
  }

  write(bytes: Uint8Array): Promise<void> {
    try {
      writeAll(this.#file, bytes);
      this.#sync.wrote(bytes.length);
      return Promise.resolve();
    } catch (cause) {
      return Promise.reject(cannotWrite(this.#path, cause));
    }
  }

  async end(): Promise<void> {
    await this.#sync.end();
  }

  async abandon(): Promise<void> {
    await this.#sync.abandon();
  }
}

/** A stream of the runtime compresses. */
class StreamOutput implements BundleOutput {
  readonly #stream: NodeJS.ReadWriteStream;
  readonly #plain: PlainOutput;
  readonly #ended: Promise<void>;
  readonly #path: string;
  #failure: unknown;

  constructor(stream: NodeJS.ReadWriteStream, file: number, path: string) {
    this.#stream = stream;
    this.#plain = new PlainOutput(file, path);
    this.#path = path;
    this.#ended = new Promise((resolve) => {
      stream.on("data", (piece: Uint8Array) => {
        this.#plain.write(piece).catch((error) => {
          this.#failure ??= error;
        });
      });
      stream.on("error", (error) => {
        this.#failure ??= cannotWrite(path, error);
        resolve();
      });
      stream.on("end", resolve);
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#throwFailure();
    await new Promise<void>((resolve) => {
      this.#stream.write(bytes, (error) => {
        if (error) this.#failure ??= cannotWrite(this.#path, error);
        resolve();
      });
    });
    this.#throwFailure();
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#ended;
    this.#throwFailure();
    await this.#plain.end();
  }

  async abandon(): Promise<void> {
    (this.#stream as unknown as { destroy(): void }).destroy();
    await this.#plain.abandon();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** The most that is kept of what a program says, in characters. */
const longestWords = 1000;

/** How much the pipe to it holds, in bytes: as much as is written at once. */
const pipeSize = 256 * 1024;

/** A program compresses, and writes to the file. */
class ProgramOutput implements BundleOutput {
  readonly #program: ChildProcess;
  readonly #sync: FileSync;
  readonly #path: string;
  /** Why it ended, if that was not well. */
  readonly #ended: Promise<string | undefined>;

  constructor(program: ChildProcess, file: number, path: string) {
    this.#program = program;
    this.#sync = new FileSync(file, path);
    this.#path = path;
    let words = "";
    program.stderr!.on("data", (text) => {
      words = `${words}${text}`.slice(-longestWords);
    });
    // Without a listener, a broken pipe would end this process.
    program.stdin!.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      program.on("close", (code, signal) => {
        if (code === 0) resolve(undefined);
        else resolve(words.trim() || `zstd ended: ${signal ?? code}`);
      });
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const problem = await new Promise<unknown>((resolve) => {
      this.#program.stdin!.write(bytes, (error) => resolve(error));
    });
    if (problem) throw cannotWrite(this.#path, await this.#ended ?? problem);
    this.#sync.wrote(bytes.length);
  }

  async end(): Promise<void> {
    this.#program.stdin!.end();
    const problem = await this.#ended;
    if (problem !== undefined) throw cannotWrite(this.#path, problem);
    await this.#sync.end();
  }

  async abandon(): Promise<void> {
    this.#program.kill("SIGKILL");
    await this.#ended;
    await this.#sync.abandon();
  }
}

/**
 * Starts zstd with the file as its output. Returns undefined if it is not there.
 * Level 1: jobs wait for the bundle. Two threads keep up with what we read.
 */
function startZstd(file: number): Promise<ChildProcess | undefined> {
  // Perl, which starts it, would start without it as well.
  if (!isInstalled("zstd")) return Promise.resolve(undefined);
  const [word, ...words] = withWidePipe("STDIN", pipeSize, [
    ...["zstd", "-1", "-T2", "-q", "-c"] as const,
  ]);
  return new Promise((resolve) => {
    try {
      const program = spawn(word, words, {
        stdio: ["pipe", file, "pipe"],
        // The runtime lets nobody hand on all of the environment.
        env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
      });
      program.on("spawn", () => resolve(program));
      program.on("error", () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
}

function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes.subarray(written));
  }
}

function cannotWrite(path: string, cause: unknown): TreeError {
  if (cause instanceof TreeError) return cause;
  return new TreeError("cannot write the bundle", {
    cause,
    subject: `${path} (${cause instanceof Error ? cause.message : cause})`,
    remedy: "check the free space there",
  });
}

import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { TreeError } from "../tree/entry.ts";
import { LineSplitter } from "../tree/line_splitter.ts";
import { treePathProblem } from "../tree/path.ts";
import { readSteadily, type SteadyFile } from "../tree/steady_file.ts";
import { syncEarly } from "./early_sync.ts";
import { filesBelow } from "./inspect.ts";
import { describeFailure, failureFrom, type ServiceError } from "./failure.ts";
import { removeTree } from "./folders.ts";
import { malformed } from "./frame.ts";
import type { OwnersRights } from "./owners_rights.ts";
import type { Service, ServiceCaller } from "./service.ts";

/** One plain file that was copied. */
export interface CopiedFile {
  /** Its path below the copy; empty when the copy is that file. */
  readonly path: string;
  /** The SHA-256 of the copy, in hexadecimal. */
  readonly sha256: string;
  /** In bytes. */
  readonly bytes: number;
}

/** An input to copy: a file, or a folder with what is in it. */
export interface WantedCopy {
  /** The original. */
  readonly from: string;
  /** The copy. The folders above it are made; nothing may be there yet. */
  readonly to: string;
}

/** What the owner's process says of the inputs that it copies, one after another. */
export type CopyNews =
  /** A file of the current input is copied. */
  | { readonly file: CopiedFile }
  /** The current input is done. If it failed, nothing is left of its copy. */
  | { readonly failure: ServiceError | undefined };

/**
 * Copies inputs as the owner, in their order. Modes and times are kept, set-uid
 * bits are not. Symbolic links to files are followed. An input that cannot be read,
 * or changes while it is copied, fails alone; the next one follows.
 *
 * Throws ServiceError with the code {@linkcode copyFailed} if a copy cannot be
 * written.
 */
export async function* copyAllAs(
  owner: ServiceCaller,
  inputs: readonly WantedCopy[],
): AsyncGenerator<CopyNews> {
  const { body } = await owner.call(
    "copyInputs",
    inputs.map(({ from, to }) => ({ from, to })),
  );
  const splitter = new LineSplitter();
  let ended = 0;
  for await (const piece of body) {
    for (const line of splitter.take(piece)) {
      const news = parseNews(line);
      if ("failure" in news) ended++;
      yield news;
    }
    if (splitter.rest.length > longestLine) throw malformed();
  }
  if (splitter.rest !== "" || ended !== inputs.length) throw malformed();
}

/**
 * Copies one input as {@linkcode copyAllAs} does. Throws ServiceError if it
 * fails.
 */
export async function* copyAs(
  owner: ServiceCaller,
  from: string,
  to: string,
): AsyncGenerator<CopiedFile> {
  for await (const news of copyAllAs(owner, [{ from, to }])) {
    if ("file" in news) yield news.file;
    else if (news.failure) throw news.failure;
  }
}

const longestLine = 32 * 1024;

function parseNews(line: string): CopyNews {
  if (line === done) return { failure: undefined };
  if (line.startsWith(failed)) {
    try {
      return { failure: failureFrom(JSON.parse(line.slice(failed.length))) };
    } catch {
      throw malformed();
    }
  }
  const match = /^([0-9a-f]{64}) (\d{1,16}) (.*)$/.exec(line);
  if (match === null) throw malformed();
  const [, sha256, bytes, path] = match;
  if (path !== "" && treePathProblem(path) !== undefined) throw malformed();
  return { file: { path, sha256, bytes: Number(bytes) } };
}

/** The line after the files of an input. */
const done = ".";

/** How the line begins that follows if an input failed. */
const failed = "! ";

/** The code of an error that is about the copy and not about the original. */
export const copyFailed = "ECOPY";

/** The copy cannot be written: the disk is full, for example. */
class CopyError extends TreeError {
  readonly code = copyFailed;

  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super("cannot write the file", {
      cause,
      subject: `${path} (${why})`,
      remedy: /No space|quota/i.test(why)
        ? "free space there, or name another place"
        : "check the permissions of the output directory",
    });
  }
}

/** Does a step on the copy. */
function writing<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw new CopyError(path, cause);
  }
}

/**
 * Does the work of {@linkcode copyAllAs} as the owner. Answers with a line for
 * each file, and one at the end of each input.
 */
export const copyInputs: Service = (params, { alive, rights }) => {
  const inputs = params as unknown as readonly WantedCopy[];
  return { result: null, body: copyAll(inputs, alive, rights) };
};

async function* copyAll(
  inputs: readonly WantedCopy[],
  alive: () => void,
  rights: OwnersRights | undefined,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const { from, to } of inputs) {
    let end = done;
    try {
      yield* copy(from, to, alive, rights);
    } catch (error) {
      writing(to, () => removeTree(to));
      if (error instanceof CopyError) throw error;
      end = failed + JSON.stringify(describeFailure(error));
    }
    yield encoder.encode(`${end}\n`);
  }
}

async function* copy(
  from: string,
  to: string,
  alive: () => void,
  rights: OwnersRights | undefined,
): AsyncGenerator<Uint8Array> {
  rights?.requirePath(from);
  writing(to, () => {
    Deno.mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  });
  if (!Deno.statSync(from).isDirectory) {
    yield line("", await copyFile(from, to, alive, rights));
    return;
  }
  const info = Deno.statSync(from);
  writing(to, () => Deno.mkdirSync(to, { mode: 0o700 }));
  const folders = [{
    path: to,
    mode: (info.mode ?? 0o755) & 0o777,
    mtime: info.mtime ?? new Date(),
  }];
  const below = filesBelow(from, alive, rights);
  for await (const { path, isFolder, mode, mtime } of below) {
    const target = `${to}/${path}`;
    if (isFolder) {
      writing(target, () => Deno.mkdirSync(target, { mode: 0o700 }));
      folders.push({ path: target, mode, mtime });
    } else {
      const sums = await copyFile(`${from}/${path}`, target, alive, rights);
      yield line(path, sums);
    }
  }
  // Last: a folder may be read-only, and making a file in it changes its time.
  for (const { path, mode, mtime } of folders.reverse()) {
    writing(path, () => {
      Deno.chmodSync(path, mode);
      Deno.utimeSync(path, mtime, mtime);
    });
  }
}

function line(
  path: string,
  { sha256, bytes }: { sha256: string; bytes: number },
): Uint8Array {
  return new TextEncoder().encode(`${sha256} ${bytes} ${path}\n`);
}

/**
 * The kernel copies the file, in another thread, while this one reads the
 * original for the checksum. If the original has not changed after both, the
 * checksum is the copy's. Where the file system can, the copy shares its blocks.
 */
async function copyFile(
  from: string,
  to: string,
  alive: () => void,
  rights: OwnersRights | undefined,
): Promise<{ sha256: string; bytes: number }> {
  using source = readSteadily(from, { follow: true });
  if (rights) {
    rights.requireOpened(source, from);
    return copyOpened(source, to, alive);
  }
  const copying = Deno.copyFile(from, to).then(() => {}, (error) => error);
  let failure: unknown;
  const hash = createHash("sha256");
  try {
    for (const piece of source.piecesSync()) {
      hash.update(piece);
      alive();
    }
  } finally {
    failure = await copying;
  }
  if (failure !== undefined) throw new CopyError(to, failure);
  source.requireUnchanged();
  keepMode(source, to);
  try {
    syncEarly(to, source.size);
  } catch (cause) {
    throw new CopyError(to, cause);
  }
  return { sha256: hash.digest("hex"), bytes: source.size };
}

/**
 * Copies the file that is open. The kernel would open its path once more, and the
 * owner could put a link to another file there.
 */
function copyOpened(
  source: SteadyFile,
  to: string,
  alive: () => void,
): { sha256: string; bytes: number } {
  const hash = createHash("sha256");
  const options = { write: true, createNew: true, mode: 0o600 };
  using copy = writing(to, () => Deno.openSync(to, options));
  for (const piece of source.piecesSync()) {
    hash.update(piece);
    writing(to, () => writeWhole(copy, piece));
    alive();
  }
  keepMode(source, to);
  return { sha256: hash.digest("hex"), bytes: source.size };
}

function writeWhole(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += file.writeSync(bytes.subarray(at));
  }
}

function keepMode({ mtime, mode }: SteadyFile, to: string): void {
  writing(to, () => {
    Deno.utimeSync(to, mtime, mtime);
    Deno.chmodSync(to, mode);
  });
}

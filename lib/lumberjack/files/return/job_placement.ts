import { existsSync } from "node:fs";
import { dirname, join } from "@std/path";
import { TreeError } from "../tree/entry.ts";
import { writeWhole } from "../tree/folder_writer.ts";
import { inFolder } from "../tree/entered_folder.ts";
import type { OutputPlace } from "./output_sorter.ts";
import { isSameContent } from "./same_content.ts";

/** What happens when a file of that name is at home already. */
export type OnConflict = "replace" | "keep" | "rename";

/** What was done with the files of one job. */
export interface PlacedFiles {
  /** How many files are home. */
  readonly files: number;
  /** How many bytes are in them. */
  readonly bytes: number;
  /** How many files stayed away, because of `keep`. */
  readonly kept: number;
}

/** A file that is written and does not have its name yet. */
interface Waiting {
  /** The folder, a real path. */
  readonly folder: string;
  readonly name: string;
  readonly temporary: string;
  readonly bytes: number;
}

/** How often another name is tried for a file. */
const mostNames = 1000;

/**
 * Brings the files of one job home, all or none. They are written under
 * temporary names beside their places. Then all are renamed. If this is
 * interrupted, the same call does everything again and finds the same names.
 *
 * Runs as the owner of the job. Throws {@linkcode TreeError}.
 */
export class JobPlacement {
  readonly #prefix: string;
  readonly #onConflict: OnConflict;
  readonly #waiting: Waiting[] = [];
  /** Folders made here, each before what is in it: the real path. */
  readonly #made = new Set<string>();
  /** The real paths of folders that home ads name. */
  readonly #bases = new Map<string, string>();
  /** The modes of folders, which they get at the end. */
  readonly #modes: { folder: string; mode: number }[] = [];

  /** Temporary names begin with `prefix`, the same in a repeated call. */
  constructor(prefix: string, onConflict: OnConflict) {
    this.#prefix = prefix;
    this.#onConflict = onConflict;
  }

  /** The folders that something was written to. */
  get folders(): string[] {
    return [...new Set(this.#waiting.map(({ folder }) => folder))];
  }

  /** Makes a folder. */
  addFolder({ base, tail }: OutputPlace, mode: number): void {
    const folder = this.#enterable(base, tail.split("/"));
    // HTCondor leaves a folder that is there as it is.
    if (!this.#made.has(folder)) return;
    this.#modes.push({ folder, mode: mode & 0o777 });
  }

  /** Writes a file under its temporary name. */
  async addFile(
    { base, tail }: OutputPlace,
    mode: number,
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const names = tail.split("/");
    const folder = this.#enterable(base, names.slice(0, -1));
    const name = names.at(-1)!;
    const temporary = `${this.#prefix}${this.#waiting.length}`;
    const path = join(folder, name);
    using file = attempt(path, () =>
      inFolder(folder, () => {
        requireNoFolder(name);
        return openNew(temporary, mode & 0o777);
      }));
    const waiting = { folder, name, temporary, bytes: 0 };
    const at = this.#waiting.push(waiting) - 1;
    let bytes = 0;
    for await (const piece of pieces) {
      writeWhole(file, piece, path);
      bytes += piece.length;
    }
    if (this.#onConflict !== "replace") file.syncDataSync();
    this.#waiting[at] = { ...waiting, bytes };
  }

  /** Gives all files their names. */
  commit(): PlacedFiles {
    let bytes = 0, kept = 0;
    for (const { folder, files } of inRuns(this.#waiting)) {
      inFolder(folder, () => {
        for (const file of files) {
          const path = join(folder, file.name);
          if (attempt(path, () => this.#name(file))) bytes += file.bytes;
          else kept++;
        }
      });
    }
    for (const { folder, mode } of this.#modes.toReversed()) {
      inFolder(folder, () => Deno.chmodSync(".", mode));
    }
    return { files: this.#waiting.length - kept, bytes, kept };
  }

  /** Removes what was written. */
  abandon(): void {
    for (const { folder, temporary } of this.#waiting) {
      ignoring(() => inFolder(folder, () => Deno.removeSync(temporary)));
    }
    for (const folder of [...this.#made].toReversed()) {
      const parent = dirname(folder);
      const name = folder.slice(parent === "/" ? 1 : parent.length + 1);
      // A folder that holds something else stays.
      ignoring(() => inFolder(parent, () => Deno.removeSync(name)));
    }
  }

  /** Gives one file its name. Returns false if another file keeps it. */
  #name({ name, temporary }: Waiting): boolean {
    if (this.#onConflict === "replace") {
      Deno.renameSync(temporary, name);
      return true;
    }
    for (let number = 0; number < mostNames; number++) {
      const other = number === 0 ? name : `${name}.${number}`;
      if (linkNew(temporary, other) || isSameContent(temporary, other)) {
        Deno.removeSync(temporary);
        return true;
      }
      if (this.#onConflict === "keep") {
        Deno.removeSync(temporary);
        return false;
      }
    }
    throw new TreeError("there are too many files of that name", {
      subject: `${name} to ${name}.${mostNames - 1}`,
      remedy: "move them away, and import again",
    });
  }

  /**
   * Returns the real path of a folder, which is made if it is missing. `base` may
   * be reached through links, as HTCondor reaches it; nothing below it may.
   */
  #enterable(base: string, names: readonly string[]): string {
    let folder = this.#realPath(base);
    for (const name of names) {
      const parent = folder;
      const made = attempt(
        join(parent, name),
        () => inFolder(parent, () => makeFolder(name)),
      );
      folder = join(parent, name);
      if (made) this.#made.add(folder);
    }
    return folder;
  }

  #realPath(base: string): string {
    const known = this.#bases.get(base);
    if (known !== undefined) return known;
    const real = attempt(base, () => {
      // HTCondor makes the folder of a remap, too (file_transfer.cpp,
      // shadow_safe_mkdir).
      if (!lookAt(base)) Deno.mkdirSync(base, { recursive: true, mode: 0o700 });
      return Deno.realPathSync(base);
    });
    this.#bases.set(base, real);
    return real;
  }
}

/** Files one after the other that go into the same folder. */
function inRuns(
  waiting: readonly Waiting[],
): { readonly folder: string; readonly files: Waiting[] }[] {
  const runs: { readonly folder: string; readonly files: Waiting[] }[] = [];
  for (const file of waiting) {
    const last = runs.at(-1);
    if (last?.folder === file.folder) last.files.push(file);
    else runs.push({ folder: file.folder, files: [file] });
  }
  return runs;
}

/** A folder is not replaced by a file. */
function requireNoFolder(name: string): void {
  // As a rule nothing is there, and to learn that from an error costs more than
  // everything else that is done for a small file.
  if (!existsSync(name)) return;
  if (!lookAt(name)?.isDirectory) return;
  throw new TreeError("a folder is where a file has to go", {
    remedy: "rename the folder, and import again",
  });
}

/** Makes a folder. Returns false if it is there already. */
function makeFolder(name: string): boolean {
  const there = lookAt(name);
  if (there?.isDirectory) return false;
  if (there) {
    throw new TreeError(
      there.isSymlink
        ? "there is a symbolic link in the path"
        : "a file is where a folder has to be",
      { remedy: "rename it, and import again" },
    );
  }
  Deno.mkdirSync(name, { mode: 0o755 });
  return true;
}

/** Returns what has that name; undefined if nothing has it, as is usual. */
function lookAt(name: string): Deno.FileInfo | undefined {
  const limit = Error.stackTraceLimit;
  // To collect a stack costs more than everything else that is done for a file.
  Error.stackTraceLimit = 0;
  try {
    return Deno.lstatSync(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * Makes a file that was not there, with exactly this mode. What an interrupted
 * run left under that name goes.
 */
function openNew(name: string, mode: number): Deno.FsFile {
  const options = { write: true, createNew: true, mode: 0o600 };
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(name, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    Deno.removeSync(name);
    file = Deno.openSync(name, options);
  }
  Deno.chmodSync(name, mode);
  return file;
}

/** Gives a file another name that nothing has. Returns false if something has. */
function linkNew(name: string, other: string): boolean {
  try {
    Deno.linkSync(name, other);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    // Some file systems have no hard links.
    if (lookAt(other)) return false;
    Deno.copyFileSync(name, other);
    return true;
  }
}

/** Runs `work`; an error of the system says which path it was about. */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof TreeError && cause.subject !== undefined) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TreeError(
      cause instanceof TreeError ? cause.message : "cannot bring a file home",
      {
        cause,
        subject: cause instanceof TreeError ? path : `${path} (${why})`,
        remedy: cause instanceof TreeError
          ? cause.remedy
          : "check the folder, its permissions and its free space",
      },
    );
  }
}

function ignoring(work: () => void): void {
  try {
    work();
  } catch {
    // It is gone, or it is not ours any more.
  }
}

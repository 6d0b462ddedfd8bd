import { setImmediate } from "node:timers/promises";
import { copyFailed } from "../owner/copy_input.ts";
import { ServiceError } from "../owner/failure.ts";
import type { ServiceCaller } from "../owner/service.ts";
import { Scratch } from "../tree/scratch.ts";
import { sumLine } from "../tree/sums.ts";
import { CopyMissing } from "./copy_missing.ts";
import type { FoundInput } from "./finder.ts";
import type { InputTree } from "./input_tree.ts";
import type { StageProgress } from "./stage_progress.ts";

/** A copy of an input. */
export interface Copy {
  /** The number of its folder. */
  readonly number: number;
  /** Why there is none; undefined as long as it did not fail. */
  readonly failure?: string;
}

/** What copies are made with. */
export interface CopyParts {
  readonly tree: InputTree;
  /** Acts as the owner of the originals. */
  readonly owner: ServiceCaller;
  /** Where the copy with a number goes, in the tree. */
  readonly folderOf: (number: number) => string;
  readonly progress: StageProgress;
}

interface KnownCopy extends Copy {
  failure?: string;
  readonly input: FoundInput;
  /** Its path in the tree. */
  readonly path: string;
}

/**
 * Copies inputs, each once, while its user continues: whoever asks for a copy gets
 * its number, and relies on it. {@linkcode settle} says whether that was right.
 */
export class Copies implements Disposable {
  /** How many inputs, files and bytes were copied. */
  readonly done = { inputs: 0, files: 0, bytes: 0 };
  readonly #parts: CopyParts;
  readonly #sums = new Scratch();
  readonly #known = new Map<string, KnownCopy>();
  readonly #waiting: KnownCopy[] = [];
  #running: Promise<void> | undefined;
  #failure: unknown;
  /** Whether a copy has failed that somebody relied on. */
  #isMissing = false;
  #isStopped = false;
  #number = 0;
  /** When other work had its turn. */
  #paused = performance.now();

  /** Nothing is copied yet. */
  constructor(parts: CopyParts) {
    this.#parts = parts;
  }

  /**
   * Returns the copy of an input, which is made if there is none under this name.
   * Throws what an earlier copy threw, if it could not be written.
   */
  async of(input: FoundInput): Promise<Copy> {
    const key = `${input.found.real}\0${input.name}`;
    const known = this.#known.get(key);
    if (known) return known;
    const number = ++this.#number;
    const path = `${this.#parts.folderOf(number)}/${input.name}`;
    const copy: KnownCopy = { number, input, path };
    this.#known.set(key, copy);
    this.#waiting.push(copy);
    this.#running ??= this.#run();
    if (this.#waiting.length > mostWaiting) await this.#wait();
    if (this.#known.size <= mostKnown) return copy;
    // An older copy is forgotten. So nothing may have to be written once more.
    await this.settle();
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest);
    return copy;
  }

  /** Lets the copying go on, if it has had no turn for a while. */
  async pause(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#running === undefined) return;
    if (performance.now() - this.#paused < turn) return;
    await setImmediate();
    this.#paused = performance.now();
  }

  /**
   * Waits for all copies. Throws {@linkcode CopyMissing} if one has failed that
   * was relied on; who asks for it again learns why.
   */
  async settle(): Promise<void> {
    await this.#wait();
    if (!this.#isMissing) return;
    this.#isMissing = false;
    throw new CopyMissing("an input could not be copied");
  }

  /** Stops as soon as possible. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** The lines of SHA256SUMS for what was copied. */
  sums(): Iterable<Uint8Array> {
    return this.#sums.read();
  }

  /** Lets go of the sums. */
  [Symbol.dispose](): void {
    this.#sums[Symbol.dispose]();
  }

  async #wait(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Copies what waits, many inputs at a time: an answer takes long. */
  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#isStopped) {
        await this.#copy(this.#waiting.splice(0, mostAtOnce));
      }
    } catch (error) {
      this.#failure = error;
      this.#waiting.length = 0;
    } finally {
      this.#running = undefined;
    }
  }

  async #copy(wanted: readonly KnownCopy[]): Promise<void> {
    const { tree, owner } = this.#parts;
    const inputs = wanted.map(({ input, path }) => ({
      ...{ from: input.found.real, path },
    }));
    const encoder = new TextEncoder();
    let at = 0;
    let lines = new Scratch();
    let files = 0, bytes = 0;
    for await (const news of tree.addInputs(owner, inputs)) {
      const copy = wanted[at];
      if ("file" in news) {
        const { file } = news;
        const path = file.path === "" ? copy.path : `${copy.path}/${file.path}`;
        lines.write(encoder.encode(sumLine(file.sha256, path)));
        files++;
        bytes += file.bytes;
        continue;
      }
      using ended = lines;
      const { failure } = news;
      if (failure === undefined || tree.keepsFailed) this.#addSums(ended);
      if (failure === undefined) this.#count(files, bytes);
      else this.#fail(copy, failure);
      lines = new Scratch();
      files = bytes = 0;
      at++;
    }
  }

  #fail(copy: KnownCopy, failure: ServiceError): void {
    if (failure.code === copyFailed) throw failure;
    const { subject, message } = failure;
    copy.failure = `${subject ?? copy.input.path}: ${message}`;
    this.#isMissing = true;
  }

  #count(files: number, bytes: number): void {
    this.done.inputs++;
    this.done.files += files;
    this.done.bytes += bytes;
    this.#parts.progress.copied(files, bytes);
  }

  #addSums(lines: Scratch): void {
    for (const piece of lines.read()) this.#sums.write(piece);
  }
}

/** How many copies are remembered; an older one would be made again. */
const mostKnown = 100_000;

/** How many inputs may wait to be copied. */
const mostWaiting = 4096;

/** How many inputs the owner is asked for at once. */
const mostAtOnce = 32;

/** For how long the copying may have no turn, in milliseconds. */
const turn = 5;

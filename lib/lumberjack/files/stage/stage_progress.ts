/** The least time between two messages, in milliseconds. */
const interval = 200;

/**
 * Tells how far the copying of files has come: files, bytes, bytes a second, and
 * the time left if the size of all files is known.
 */
export class StageProgress {
  readonly #tell: (text: string) => void;
  #started: number | undefined;
  #told = 0;
  #files = 0;
  #bytes = 0;
  /** The size of all files that were planned. */
  planned = 0;

  /** `tell` is called with short messages. */
  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** Some files were copied. */
  copied(files: number, bytes: number): void {
    const now = performance.now();
    this.#started ??= now;
    this.#files += files;
    this.#bytes += bytes;
    if (now - this.#told < interval) return;
    this.#told = now;
    this.#tell(progressText({
      files: this.#files,
      bytes: this.#bytes,
      planned: this.planned,
      seconds: (now - this.#started) / 1000,
    }));
  }
}

/** What has been copied. */
export interface CopyState {
  /** How many files. */
  readonly files: number;
  /** How many bytes. */
  readonly bytes: number;
  /** The size of all files, in bytes; less than `bytes` if it is not known. */
  readonly planned: number;
  /** Since the copying began. */
  readonly seconds: number;
}

/**
 * Says how far the copying has come.
 *
 * @example
 * ```ts
 * import { progressText } from "./stage_progress.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   progressText({ files: 3, bytes: 5e7, planned: 2e8, seconds: 2 }),
 *   "copying files: 3, 50 of 200 MB, 25 MB/s, 6 s left",
 * );
 * ```
 */
export function progressText(
  { files, bytes, planned, seconds }: CopyState,
): string {
  const megabytes = (count: number) => Math.round(count / 1e6);
  const isKnown = planned >= bytes;
  const all = isKnown ? ` of ${megabytes(planned)}` : "";
  const rate = seconds > 0 ? bytes / seconds : 0;
  const parts = [`copying files: ${files}, ${megabytes(bytes)}${all} MB`];
  if (rate > 0) {
    parts.push(`${megabytes(rate)} MB/s`);
    if (isKnown) parts.push(`${Math.round((planned - bytes) / rate)} s left`);
  }
  return parts.join(", ");
}

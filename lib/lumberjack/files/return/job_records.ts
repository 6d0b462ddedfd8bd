import { type TreeEntry, TreeError, type TreeFile } from "../tree/entry.ts";
import type { OutputSorter } from "./output_sorter.ts";
import type { OutgoingRecord } from "./record_stream.ts";

/** The files of a job that is to come home. */
export interface ComingJob {
  /** `CLUSTER.PROC`. */
  readonly id: string;
  /** Says where they go. */
  readonly sorter: OutputSorter;
  /** What came back; undefined if nothing did. */
  readonly entries: AsyncIterable<TreeEntry> | undefined;
  /** The most that may come home with it. */
  readonly limits?: OutputLimits;
}

/** The most that may come home with one job: what came back may be a bomb. */
export interface OutputLimits {
  /** In bytes. */
  readonly bytes: number;
  /** How many files and folders. */
  readonly files: number;
}

/** The limits of an import without `--max-bytes`. Real jobs stay far below. */
export const usualLimits: OutputLimits = { bytes: 1024 ** 4, files: 1_000_000 };

/** Called with how many bytes of a file were read. */
export type CountBytes = (bytes: number) => void;

/**
 * Returns the records that bring a job's files home. If a file that came back
 * is wrong, an `abandon` record follows. The stream itself continues, because
 * it may hold other jobs too.
 */
export async function* recordsOf(
  { id, sorter, entries, limits = usualLimits }: ComingJob,
  count: CountBytes = () => {},
): AsyncGenerator<OutgoingRecord> {
  yield { head: { kind: "job", id } };
  let problem: string | undefined;
  let files = 0, bytes = 0;
  try {
    for await (const entry of entries ?? []) {
      const sorted = sorter.sort(entry.path, entry.kind);
      if ("problem" in sorted) {
        problem = sorted.problem;
        break;
      }
      if ("left" in sorted) continue;
      bytes += entry.kind === "file" ? entry.size : 0;
      problem = overLimit(limits, ++files, bytes);
      if (problem !== undefined) break;
      const { place } = sorted;
      const mode = entry.mode & 0o777;
      if (entry.kind === "folder") {
        yield { head: { kind: "folder", ...place, mode } };
        continue;
      }
      const head = { kind: "file", ...place, mode, size: entry.size } as const;
      if (entry.bytes !== undefined) {
        count(entry.size);
        yield { head, bytes: entry.bytes };
        continue;
      }
      const body = new WholeBody(entry, count);
      yield { head, body };
      problem = body.problem;
      if (problem !== undefined) break;
    }
  } catch (error) {
    problem = sentence(error);
  }
  problem ??= missingFiles(sorter, entries !== undefined);
  if (problem === undefined) yield { head: { kind: "commit" } };
  else yield { head: { kind: "abandon", problem } };
}

function overLimit(
  limits: OutputLimits,
  files: number,
  bytes: number,
): string | undefined {
  if (bytes > limits.bytes) {
    return `its outputs have more than ${limits.bytes} bytes (--max-bytes)`;
  }
  return files > limits.files
    ? `its outputs are more than ${limits.files} files`
    : undefined;
}

function missingFiles(
  sorter: OutputSorter,
  came: boolean,
): string | undefined {
  const missing = sorter.missing();
  if (missing === undefined) return undefined;
  return came
    ? `its output ${missing} did not come back`
    : "its files did not come back";
}

/** A body that is always as long as its head says, also if the file changes. */
class WholeBody implements AsyncIterable<Uint8Array> {
  /** What went wrong; the job has to be abandoned. */
  problem: string | undefined;
  readonly #file: TreeFile;
  readonly #count: CountBytes;

  constructor(file: TreeFile, count: CountBytes) {
    this.#file = file;
    this.#count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let left = this.#file.size;
    try {
      for await (const piece of this.#file.body) {
        if (piece.length > left) {
          throw new TreeError("a file is not as long as was said", {
            subject: this.#file.path,
          });
        }
        left -= piece.length;
        this.#count(piece.length);
        yield piece;
      }
    } catch (error) {
      this.problem = sentence(error);
    }
    if (left > 0) this.problem ??= `${this.#file.path} was cut`;
    for (; left > 0; left -= Math.min(left, zeros.length)) {
      yield zeros.subarray(0, Math.min(left, zeros.length));
    }
  }
}

const zeros = new Uint8Array(64 * 1024);

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const subject = (error as { subject?: string }).subject;
  return subject === undefined ? error.message : `${error.message}: ${subject}`;
}

/**
 * Packs what goes home: the jobs that have ended, from the queue log and the
 * jobs' folders. It needs no HTCondor, so it also works after everything was
 * killed, and beside a schedd that runs.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { QueueLogWriter, type QueueTable } from "../../queue_log/mod.ts";
import {
  formatManifest,
  type Manifest,
  manifestName,
  queueLogName,
  readManifest,
} from "../export_dir/manifest.ts";
import { openReturnedLog } from "../export_dir/returned_log.ts";
import { remoteLogPath } from "../files/events/append_events.ts";
import { bundleEntries } from "../files/bundle.ts";
import type { TreeEntry } from "../files/tree/entry.ts";
import { readFolder } from "../files/tree/folder_reader.ts";
import { Scratch } from "../files/tree/scratch.ts";
import { readSteadily } from "../files/tree/steady_file.ts";
import { jobSpoolDirectory } from "../job/spool_path.ts";
import { RemoteError } from "./error.ts";
import { countJobs, isSettled, type JobCounts } from "./job_states.ts";

/** What to pack. */
export interface PackRequest {
  /** The spool that holds the export. */
  readonly spool: string;
  /** The bundle to write: .tar, .tar.gz or .tar.zst. It must not exist. */
  readonly out: string;
  /**
   * Whether no further run will follow. The bundle then has all jobs; those that
   * have not ended become idle again at home.
   */
  readonly final?: boolean;
  /** Called with a short progress message. */
  readonly progress?: (text: string) => void;
}

/** What was packed. */
export interface Packed {
  /** The export's id. */
  readonly exportId: string;
  /** The bundle, absolute. */
  readonly out: string;
  /** How many jobs it holds. */
  readonly packed: number;
  /** Whether the remote side has finished with the export. */
  readonly final: boolean;
  /** The jobs of the spool by state. */
  readonly counts: JobCounts;
  /** How many plain files it holds. */
  readonly files: number;
  /** Files that are neither plain files nor folders, and stay. */
  readonly left: number;
}

/**
 * Writes a bundle of the jobs that have ended. Throws {@linkcode RemoteError} if
 * the spool holds no export or if none of its jobs has ended, and what reading
 * the log and writing the bundle throws.
 */
export async function pack(request: PackRequest): Promise<Packed> {
  const spool = resolve(request.spool);
  const manifest = requireExport(spool);
  const log = openReturnedLog(spool);
  using _ = log.table;
  using text = new Scratch();
  const jobs = writeLog(log.table, text, request.final ?? false);
  if (jobs.packed === 0) {
    throw new RemoteError("no job has ended, so there is nothing to pack", {
      subject: `${spool} (${log.jobs} jobs)`,
      remedy: "run them first with lumberjack remote run",
    });
  }
  const packing = new Packing(spool, {
    ...manifest,
    state: "written",
    jobs: jobs.packed,
    clusters: jobs.clusters,
    sha256: text.sha256(),
    final: jobs.isFinal,
  });
  const progress = request.progress ?? (() => {});
  const { files } = await bundleEntries(
    packing.entries(log.table, text, request.final ?? false),
    request.out,
    ({ files }) => progress(`packing: ${files} files`),
  );
  return {
    exportId: manifest.exportId,
    out: resolve(request.out),
    packed: jobs.packed,
    final: jobs.isFinal,
    counts: countJobs(log.table),
    files,
    left: packing.left,
  };
}

/** Returns the manifest of the export in a spool; throws if there is none. */
export function requireExport(spool: string): Manifest {
  const manifest = readManifest(spool);
  if (manifest !== undefined) return manifest;
  throw new RemoteError("the spool holds no export", {
    subject: spool,
    remedy: "lumberjack remote adopt places one there",
  });
}

/** Writes the ads of the jobs that go, and what they need. */
function writeLog(
  table: QueueTable,
  sink: Scratch,
  all: boolean,
): { packed: number; clusters: number[]; isFinal: boolean } {
  const clusters = new Set<number>();
  let packed = 0, isFinal = true;
  for (const ad of table.procs()) {
    const goes = all || isSettled(ad);
    isFinal &&= goes;
    if (!goes) continue;
    clusters.add(ad.cluster);
    packed++;
  }
  const writer = new QueueLogWriter({
    writeSync: (bytes) => {
      sink.write(bytes);
      return bytes.length;
    },
  });
  const now = Math.floor(Date.now() / 1000);
  writer.historical(table.sequence, table.creationTimestamp ?? now);
  for (const ad of table.ads()) {
    const goes = ad.kind === "header" || ad.kind === "user" ||
      (ad.kind === "cluster" && clusters.has(ad.cluster)) ||
      (ad.kind === "proc" && (all || isSettled(ad)));
    if (goes) writer.copyAd(ad);
  }
  writer.flush();
  return { packed, clusters: [...clusters].sort((a, b) => a - b), isFinal };
}

class Packing {
  readonly #spool: string;
  readonly #manifest: Manifest;
  /** How many files could not travel. */
  left = 0;

  constructor(spool: string, manifest: Manifest) {
    this.#spool = spool;
    this.#manifest = manifest;
  }

  async *entries(
    table: QueueTable,
    log: Scratch,
    all: boolean,
  ): AsyncGenerator<TreeEntry> {
    yield fileEntry(queueLogName, log.size, 0o600, log.read());
    const text = new TextEncoder().encode(formatManifest(this.#manifest));
    yield fileEntry(manifestName, text.length, 0o644, [text]);
    for (const ad of table.procs()) {
      if (!all && !isSettled(ad)) continue;
      yield* this.#sandbox(jobSpoolDirectory("", ad).slice(1));
      yield* this.#userLog(ad);
    }
  }

  async *#sandbox(folder: string): AsyncGenerator<TreeEntry> {
    const top = join(this.#spool, folder);
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(top);
    } catch {
      return;
    }
    if (!info.isDirectory) return;
    const mtime = Math.floor((info.mtime?.getTime() ?? 0) / 1000);
    const mode = (info.mode ?? 0o700) & 0o777;
    yield { kind: "folder", path: folder, mode, mtime };
    for await (
      const entry of readFolder(top, (path) => this.#travels(join(top, path)))
    ) {
      yield { ...entry, path: `${folder}/${entry.path}` };
    }
  }

  #travels(path: string): boolean {
    const { isFile, isDirectory } = Deno.lstatSync(path);
    if (isFile || isDirectory) return true;
    this.left++;
    return false;
  }

  async *#userLog(
    ad: { readonly cluster: number; readonly proc: number },
  ): AsyncGenerator<TreeEntry> {
    const path = remoteLogPath(this.#manifest.exportId, ad);
    let file: ReturnType<typeof readSteadily>;
    try {
      file = readSteadily(join(this.#spool, path), { follow: false });
    } catch {
      // A job without a user log has none here.
      return;
    }
    using _ = file;
    const mtime = Math.floor(Date.now() / 1000);
    const { size } = file;
    yield { kind: "file", path, mode: 0o644, mtime, size, body: file.pieces() };
  }
}

function fileEntry(
  path: string,
  size: number,
  mode: number,
  pieces: Iterable<Uint8Array>,
): TreeEntry {
  const mtime = Math.floor(Date.now() / 1000);
  const body = (async function* () {
    yield* pieces;
  })();
  return { kind: "file", path, mode, mtime, size, body };
}

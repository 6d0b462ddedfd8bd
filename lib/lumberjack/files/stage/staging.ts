/**
 * The place where files join an export. An export without staging moves ads
 * only. With staging, each job's files are placed before the job's ad is
 * written, and the ad that leaves may differ from the ad in the queue.
 *
 * @module
 */
import type { Scope } from "../../../classad/mod.ts";
import type { UserIds } from "../../../condor/user_database.ts";
import type { ExportLogContents } from "../../export_dir/log.ts";
import type { Manifest } from "../../export_dir/manifest.ts";
import type { ManifestFiles } from "../../export_dir/manifest_files.ts";
import type { AdChange } from "../../job/change.ts";
import type { JobId } from "../../job/id.ts";
import type { ExportedCluster } from "../../job/stored_ad.ts";

/** Places the files of exports. One object serves every owner's export. */
export interface Staging {
  /** What the manifest of a planned export says about files. */
  readonly planned?: ManifestFiles;
  /** Whether files in SPOOL are placed too, so that spooled jobs may go. */
  readonly filesTravel?: boolean;
  /** The job attributes, besides the usual ones, that `reasonToStay` reads. */
  readonly attributes: readonly string[];
  /**
   * Returns why a job's files cannot leave, or undefined if they can. Called
   * for each job that may go otherwise, before anything is locked or written.
   */
  reasonToStay(job: JobId, ad: Scope): Promise<string | undefined>;
  /**
   * Starts to place the files of one owner's export. The jobs are locked by
   * then, and the export's log is not written yet. If Lumberjack was killed
   * here, `recover` begins again: files of the first run may be there.
   */
  begin(leaving: LeavingExport): Promise<FilePlacement>;
  /**
   * Removes what was placed for an export that failed, or that no job is left
   * in. Called after the export's log was withdrawn; there may be no files.
   */
  abandon(leaving: LeavingExport): Promise<void>;
}

/** One owner's export, as staging sees it. */
export interface LeavingExport {
  /** What the manifest says so far: export id, owner, remote spool. */
  readonly manifest: Manifest;
  /** The export's folder, absolute. */
  readonly exportDir: string;
  /** The user whom the files in the folder are given to; undefined: nobody. */
  readonly owner: UserIds | undefined;
}

/** The files of one owner's export while they are placed. */
export interface FilePlacement {
  /**
   * Returns what changes in the cluster ad that leaves. Called before the
   * cluster's jobs are placed. What all jobs of a cluster share belongs here:
   * it is then written once.
   */
  placeCluster(cluster: ExportedCluster): Promise<AdChange>;
  /**
   * Places the files of one job. Returns what changes in the proc ad that
   * leaves, or why the job has to stay. A job that stays is unlocked and left
   * out of the export.
   */
  place(job: LeavingJob): Promise<Placed>;
  /**
   * Waits for the files of the jobs that were placed. Called after the last one.
   * This, `placeCluster` and `place` throw {@linkcode CopyMissing} if the files of
   * jobs that were placed already cannot leave after all: `restart` follows, and
   * all jobs are placed again.
   */
  settle?(): Promise<void>;
  /** Takes back what was placed of jobs, except the files that they share. */
  restart?(): Promise<void>;
  /** Returns what the manifest says about files, after `settle`. */
  files?(): ManifestFiles;
  /**
   * Makes everything that was placed durable. Called once, after the last job
   * and before the export's log gets its name. `log` says what the log holds.
   */
  finish(log: WrittenLog): Promise<void>;
}

/** A job whose files are placed. */
export type LeavingJob = ExportedCluster["jobs"][number];

/** What became of a job whose files were placed. */
export type Placed =
  | { readonly change: AdChange }
  | { readonly reasonToStay: string };

export { CopyMissing } from "./copy_missing.ts";

/** The export's log, which is complete and has no name yet. */
export interface WrittenLog extends ExportLogContents, LogBytes {
  /** The manifest as it will be written when the log has its name. */
  readonly manifest: Manifest;
}

/** The bytes of a log. */
export interface LogBytes {
  /** Their SHA-256, in hexadecimal. */
  readonly sha256: string;
  /** How many. */
  readonly size: number;
  /** Hands them on from the beginning, in pieces. */
  read(): Iterable<Uint8Array>;
}

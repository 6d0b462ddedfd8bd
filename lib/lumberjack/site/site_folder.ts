import { dirname, join } from "@std/path";
import { syncFolder, writeTextDurably } from "../../queue_log/mod.ts";
import { LumberjackError } from "../error.ts";
import {
  type Manifest,
  readManifest,
  updateManifest,
} from "../export_dir/manifest.ts";
import { homeOfBundle } from "../files/stage/bundle_home.ts";
import { bestEnding } from "../files/tree/compression.ts";
import type { Failing } from "./site_trouble.ts";

/** What is remembered of a site between two passes. Times are ISO 8601, UTC. */
export interface SiteState extends Failing {
  /** How many jobs were away after the last pass; undefined if that is not known. */
  readonly away?: number;
  /** The exports that were sent, by id, with the time. */
  readonly sent: Readonly<Record<string, string>>;
  /** The bundles that were imported, by name, with the time. */
  readonly imported: Readonly<Record<string, string>>;
  /** What the jobs of each export say about where they are (signals.ts). */
  readonly told: Readonly<Record<string, string>>;
  /**
   * Why jobs that match stayed here in the last pass that tried to export, by
   * `CLUSTER.PROC`: their files cannot be read, say. Undefined if none did.
   */
  readonly stayed?: Readonly<Record<string, string>>;
  /** The jobs that were removed here, by export id (cancel.ts). */
  readonly cancelled: Readonly<
    Record<string, { readonly jobs: readonly string[]; readonly told: number }>
  >;
}

const noState: SiteState = { sent: {}, imported: {}, told: {}, cancelled: {} };

/** An export of a site that is not home yet. */
export interface SiteExport {
  /** The folder of the export. */
  readonly folder: string;
  /** The bundle that the export was written into; undefined if there is none. */
  readonly bundle: string | undefined;
  /** Its manifest. */
  readonly manifest: Manifest;
}

/**
 * The folder of one site below LUMBERJACK_DIR: `exports/` has a folder for each
 * export, and its bundle until that is sent, `outbox/` bundles that are to be sent, `inbox/` bundles that came back,
 * and state.json what is remembered between two passes.
 */
export class SiteFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens the folder of a site, and makes what is missing. Throws
   * {@linkcode LumberjackError} if it cannot be made.
   */
  static open(top: string, site: string): SiteFolder {
    const folder = new SiteFolder(join(top, site));
    for (const name of ["", "exports", "outbox", "inbox"]) {
      makeFolder(join(folder.#path, name));
    }
    return folder;
  }

  /** Finds the folder of a site; undefined if no pass has made it yet. */
  static find(top: string, site: string): SiteFolder | undefined {
    const folder = new SiteFolder(join(top, site));
    try {
      Deno.statSync(join(folder.#path, "exports"));
      return folder;
    } catch (error) {
      const isHidden = error instanceof Deno.errors.PermissionDenied;
      if (isHidden || error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Bundles that are to be sent. */
  get outbox(): string {
    return join(this.#path, "outbox");
  }

  /** Bundles that came back. */
  get inbox(): string {
    return join(this.#path, "inbox");
  }

  /**
   * Makes an empty folder for a new export, and returns its path and that of the
   * bundle, which does not exist yet.
   */
  newExport(now: Date): { readonly folder: string; readonly bundle: string } {
    const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
    const id = crypto.randomUUID().slice(0, 8);
    const name = `${stamp}-${id}.${bestEnding()}`;
    const bundle = join(this.#path, "exports", name);
    const folder = homeOfBundle(bundle);
    makeFolder(folder);
    syncFolder(join(this.#path, "exports"));
    return { folder, bundle };
  }

  /** Returns the exports whose jobs may be away. */
  exportsAway(): SiteExport[] {
    return [...this.#exports()]
      .filter(({ manifest: { state } }) =>
        state === "written" || state === "importing"
      )
      .sort((a, b) => a.folder < b.folder ? -1 : 1);
  }

  /**
   * Looks for exports that count as home although jobs of them are locked, and
   * lets them count as away again. An import writes into the manifest that it is
   * done before its last jobs are home; it may have been killed then.
   */
  reopen(hasLockedJobs: (exportId: string) => boolean): void {
    for (const { folder, manifest: { exportId, state } } of this.#exports()) {
      if (state === "imported" && hasLockedJobs(exportId)) {
        updateManifest(folder, exportId, { state: "importing" });
      }
    }
  }

  *#exports(): Generator<SiteExport> {
    const top = join(this.#path, "exports");
    for (const { name, isDirectory } of [...Deno.readDirSync(top)]) {
      if (!isDirectory) continue;
      const folder = join(top, name);
      const manifest = readManifest(folder);
      if (manifest === undefined) continue;
      yield { folder, bundle: manifest.files?.bundle, manifest };
    }
  }

  /** Returns how many bytes of input files the exports have whose jobs may be away. */
  bytesAway(): number {
    return this.exportsAway()
      .reduce((sum, { manifest }) => sum + (manifest.files?.bytes ?? 0), 0);
  }

  /** Reads what is remembered. A damaged file counts as empty. */
  readState(): SiteState {
    try {
      const text = Deno.readTextFileSync(this.#statePath);
      const {
        trouble,
        fetchTrouble,
        away,
        stayed,
        leftAway,
        refused,
        ...noted
      } = JSON.parse(text);
      const { sent, imported, told, cancelled } = noted;
      return {
        ...{ trouble, fetchTrouble, away, stayed, leftAway, refused },
        sent: sent ?? {},
        imported: imported ?? {},
        told: told ?? {},
        cancelled: cancelled ?? {},
      };
    } catch (error) {
      const isDamaged = error instanceof SyntaxError ||
        error instanceof TypeError;
      if (error instanceof Deno.errors.NotFound || isDamaged) return noState;
      throw error;
    }
  }

  /** Writes what is to be remembered, durably. */
  writeState(state: SiteState): void {
    const text = JSON.stringify(state, null, 2) + "\n";
    const owner = ownerOf(this.#path);
    writeTextDurably(this.#statePath, text, { mode: 0o644, owner });
  }

  get #statePath(): string {
    return join(this.#path, "state.json");
  }
}

/** Returns who owns a folder, if we are root and may give files to that user. */
function ownerOf(path: string): { uid: number; gid: number } | undefined {
  if (Deno.uid() !== 0) return undefined;
  const { uid, gid } = Deno.statSync(path);
  return uid === null || gid === null ? undefined : { uid, gid };
}

/** Makes a folder, unless it is there. Throws {@linkcode LumberjackError}. */
export function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
    // A person who is root may look before the first pass of another user.
    const owner = ownerOf(dirname(path));
    if (owner) Deno.chownSync(path, owner.uid, owner.gid);
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) return;
    throw new LumberjackError("cannot make the folder", {
      cause,
      subject: path,
      remedy:
        "set LUMBERJACK_DIR to a folder that belongs to the user as whom " +
        "the pass runs",
    });
  }
}

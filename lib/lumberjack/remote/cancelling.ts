/**
 * Removes jobs from a run that the home side has cancelled.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import {
  CancelList,
  cancelPath,
  readCancel,
} from "../export_dir/cancel_file.ts";
import { cancelReason } from "../job/cancelled.ts";

/** How many jobs one condor_rm gets. */
const batch = 500;

/** Watches the lists of cancelled jobs of an export. */
export class Cancelling {
  readonly #paths: readonly string[];
  #seen = "";
  #list = new CancelList();
  #running: Promise<void> | undefined;
  #looked = 0;

  /** `incoming` is the bundle or folder of the export; the site pass writes there. */
  constructor(spool: string, exportId: string, incoming: string) {
    const beside = join(dirname(resolve(incoming)), `${exportId}.cancel`);
    this.#paths = [cancelPath(spool, exportId), beside];
  }

  /** Reads the lists, if they have changed. Throws what {@linkcode readCancel} throws. */
  read(): CancelList {
    const seen = this.#paths.map(versionOf).join();
    if (seen === this.#seen) return this.#list;
    this.#seen = seen;
    this.#list = this.#paths.map(readCancel)
      .reduce((all, list) => all.with(list), new CancelList());
    return this.#list;
  }

  /**
   * Removes those of the jobs that are cancelled. Does not wait for it, and looks
   * every two seconds. If condor_rm fails, the next call tries again. `note` is
   * called with what the user should know.
   */
  look(
    unsettled: () => readonly string[],
    config: string,
    note: (text: string) => void,
  ): void {
    if (this.#running || performance.now() - this.#looked < 2000) return;
    this.#looked = performance.now();
    try {
      if (this.read().isEmpty) return;
    } catch (error) {
      // The list stays as it was. It is read again when the file changes.
      note(error instanceof Error ? `${error.message}` : String(error));
      return;
    }
    const ids = unsettled().filter((id) => this.#list.has(id));
    if (ids.length === 0) return;
    this.#running = remove(ids, config)
      .finally(() => this.#running = undefined);
  }

  /** Waits for a condor_rm that is under way. */
  async finish(): Promise<void> {
    await this.#running;
  }
}

function versionOf(path: string): string {
  try {
    const { ino, size, mtime } = Deno.lstatSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return "";
  }
}

async function remove(ids: readonly string[], config: string): Promise<void> {
  for (let at = 0; at < ids.length; at += batch) {
    await new Deno.Command("condor_rm", {
      args: ["-reason", cancelReason, ...ids.slice(at, at + batch)],
      env: { CONDOR_CONFIG: config },
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).output();
  }
}

import { findUser } from "../../../condor/user_database.ts";
import { OwnerProcess } from "../owner/owner_process.ts";
import type { ServiceCaller } from "../owner/service.ts";

/** How many processes that act as owners live at the same time. */
const mostProcesses = 8;

/**
 * What acts as each owner of jobs. For root this is a process of the owner.
 * Another user has no such process, but reads for each owner only what that
 * owner may read.
 */
export class Owners implements AsyncDisposable {
  readonly #processes = new Map<string, OwnerProcess>();
  readonly #ids = new Map<string, ReturnType<typeof findUser>>();

  /** Returns what acts as an owner; undefined if this host knows no such user. */
  async of(name: string): Promise<ServiceCaller | undefined> {
    const known = this.#processes.get(name);
    if (known?.hasEnded) {
      // It was killed. An export that fails for that still has to be undone.
      this.#processes.delete(name);
      await known[Symbol.asyncDispose]();
    } else if (known) {
      // The one that was used last is the last to be ended.
      this.#processes.delete(name);
      this.#processes.set(name, known);
      return known;
    }
    const ids = this.#idsOf(name);
    if (ids === undefined) return undefined;
    for (const [other, process] of this.#processes) {
      if (this.#processes.size < mostProcesses) break;
      this.#processes.delete(other);
      await process[Symbol.asyncDispose]();
    }
    const process = OwnerProcess.start({ name, ...ids });
    this.#processes.set(name, process);
    return process;
  }

  #idsOf(name: string): ReturnType<typeof findUser> {
    const uid = Deno.uid(), gid = Deno.gid();
    if (uid !== 0 && uid !== null && gid !== null) return { uid, gid };
    if (!this.#ids.has(name)) this.#ids.set(name, findUser(name));
    return this.#ids.get(name);
  }

  /** Ends the processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes.values()) {
      await process[Symbol.asyncDispose]();
    }
    this.#processes.clear();
  }
}

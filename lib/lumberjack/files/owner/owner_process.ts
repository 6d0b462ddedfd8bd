/**
 * Acting as a job's owner. Root never opens, makes or looks at anything in a
 * folder of a user: a child process with the user's identity does that.
 *
 * @example
 * ```ts ignore
 * await using owner = OwnerProcess.start({ name: "alice", uid: 1000, gid: 1000 });
 * const { result } = await owner.call("identity", null);
 * ```
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { findUser, type UserIds } from "../../../condor/user_database.ts";
import { widePipe, withWidePipe } from "../tree/wide_pipe.ts";
import { ChildCaller } from "./child_process.ts";
import { InProcessCaller } from "./in_process.ts";
import { OwnersRights } from "./owners_rights.ts";
import type { Json, ServiceAnswer, ServiceCaller } from "./service.ts";
import { ownerServices } from "./services.ts";

/** A user who owns jobs. */
export interface Owner extends UserIds {
  /** The user's name. */
  readonly name: string;
}

/**
 * Does things as one user: in a child process if we are root and the user is
 * not, else in this process. What this process may not do, it then cannot do.
 */
export class OwnerProcess implements ServiceCaller {
  readonly #caller: ServiceCaller & { readonly hasEnded?: boolean };

  private constructor(caller: ServiceCaller) {
    this.#caller = caller;
  }

  /**
   * Starts to act as a user. A child process has the user's id, first group and
   * other groups, no capabilities and none of our environment. If it cannot be
   * started, the first call throws.
   */
  static start(owner: Owner): OwnerProcess {
    const us = Deno.uid();
    if (us === 0 && owner.uid !== 0) {
      const command = childCommand(owner);
      return new OwnerProcess(new ChildCaller({ command, name: owner.name }));
    }
    return new OwnerProcess(
      new InProcessCaller(ownerServices, rightsOf(owner, us)),
    );
  }

  /** Starts to act as the user who runs this process, with all rights of that user. */
  static ourselves(): OwnerProcess {
    return new OwnerProcess(new InProcessCaller(ownerServices, undefined));
  }

  /**
   * Calls a service of {@linkcode ownerServices}. Calls are served one after the
   * other. Throws `ServiceError` (failure.ts) if the service fails, and another
   * LumberjackError if the child has ended.
   */
  call(
    service: string,
    params: Json,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<ServiceAnswer> {
    return this.#caller.call(service, params, body);
  }

  /** Whether the child process has ended although nobody ended it. */
  get hasEnded(): boolean {
    return this.#caller.hasEnded === true;
  }

  /** Ends the child process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#caller[Symbol.asyncDispose]();
  }
}

/**
 * Returns what the owner may read, if we are neither root nor the owner. Root
 * comes here for its own jobs only.
 */
function rightsOf(owner: Owner, us: number | null): OwnersRights | undefined {
  if (us === 0) return undefined;
  const uid = findUser(owner.name)?.uid;
  return uid === us ? undefined : new OwnersRights(uid);
}

/** The hidden verb that a child process runs. */
export const asOwnerVerb = "as-owner";

function childCommand({ uid, gid }: Owner): [string, ...string[]] {
  return [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--init-groups",
    "--inh-caps=-all",
    "--no-new-privs",
    "--reset-env",
    // When we are killed, the child must not go on alone.
    "--pdeathsig=KILL",
    "--",
    // The owner does this, not root.
    ...withWidePipe("STDOUT", widePipe, [...ourselves(), asOwnerVerb]),
  ];
}

/** The words that run this program: the executable, or the sources. */
function ourselves(): [string, ...string[]] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const cli = fromFileUrl(new URL("../../../../cli.ts", import.meta.url));
  return [
    "env",
    "DENO_NO_UPDATE_CHECK=1",
    "NO_COLOR=1",
    // The packages are in our cache, not in the owner's.
    ...cacheFolder(),
    Deno.execPath(),
    ...["run", "--quiet", "--cached-only", "--no-prompt"],
    ...["--allow-read", "--allow-write", "--allow-env"],
    ...["--allow-sys=uid,gid,hostname", "--allow-run=sync,perl"],
    cli,
  ];
}

function cacheFolder(): string[] {
  const set = Deno.env.get("DENO_DIR");
  if (set) return [`DENO_DIR=${set}`];
  const cache = Deno.env.get("XDG_CACHE_HOME") ??
    `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return [`DENO_DIR=${cache}/deno`];
}

/**
 * Security sessions. A handshake makes a session, and later commands can resume
 * it without another handshake. The code follows the session cache of `SecMan`
 * in `condor_io/condor_secman.cpp`.
 *
 * @module
 */

/** A session with one daemon. */
export interface Session {
  /** The session's id. The server makes it. */
  id: string;
  /** The session key, 32 bytes. Without authentication there may be none. */
  key?: Uint8Array;
  /**
   * Whether messages of the session are encrypted and protected against
   * changes.
   */
  encryption: boolean;
  /** The daemon's version (`RemoteVersion`). */
  peerVersion?: string;
  /** The user as whom the daemon knows us (`User`). */
  user?: string;
  /** The method by which we authenticated. */
  method?: string;
  /** The numbers of the commands for which the session is valid. */
  validCommands: ReadonlySet<number>;
  /**
   * When the session ends, in milliseconds since 1970, or undefined if it never
   * ends.
   */
  expires?: number;
  /** How long an unused session lives, in milliseconds. 0 means for ever. */
  lease: number;
  /** When the session was last used, in milliseconds since 1970. */
  used: number;
}

/** The sessions of a program, by the address of the daemon. */
export class SessionCache {
  readonly #sessions = new Map<string, Session[]>();
  readonly #now: () => number;

  /**
   * Makes an empty cache.
   *
   * @param now The clock, in milliseconds since 1970. Tests give one.
   */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How many sessions there are. Sessions that have ended are included. */
  get size(): number {
    let size = 0;
    for (const list of this.#sessions.values()) size += list.length;
    return size;
  }

  /**
   * Returns a session that can be resumed, and marks it as used now.
   *
   * @param address The daemon's address, as it was connected to.
   * @param command The command's number.
   * @returns The newest session that is valid for the command, or undefined.
   */
  find(address: string, command: number): Session | undefined {
    const now = this.#now();
    const alive = (this.#sessions.get(address) ?? []).filter((s) =>
      (s.expires === undefined || s.expires > now) &&
      (s.lease === 0 || s.used + s.lease > now)
    );
    if (alive.length === 0) this.#sessions.delete(address);
    else this.#sessions.set(address, alive);
    const session = alive.findLast((s) => s.validCommands.has(command));
    if (session) session.used = now;
    return session;
  }

  /**
   * Adds a session.
   *
   * @param address The daemon's address, as it was connected to.
   * @param session The session.
   */
  add(address: string, session: Session): void {
    this.invalidate(session.id);
    const list = this.#sessions.get(address) ?? [];
    // Only the newest sessions are kept, so that the list cannot grow for ever.
    this.#sessions.set(address, [...list.slice(-15), session]);
  }

  /**
   * Removes a session, for example because the server no longer knows it.
   *
   * @param id The session's id.
   */
  invalidate(id: string): void {
    for (const [address, list] of this.#sessions) {
      const rest = list.filter((s) => s.id !== id);
      if (rest.length === 0) this.#sessions.delete(address);
      else if (rest.length < list.length) this.#sessions.set(address, rest);
    }
  }

  /** Removes all sessions. */
  clear(): void {
    this.#sessions.clear();
  }
}

/**
 * Security sessions: what a handshake leaves behind, so that the next command
 * needs none. After `SecMan`'s session cache in `condor_io/condor_secman.cpp`.
 *
 * @module
 */

/** A session with one daemon. */
export interface Session {
  /** Its id, made by the server. */
  id: string;
  /** The session key, 32 bytes; there may be none without authentication. */
  key?: Uint8Array;
  /** Whether the session's connections are encrypted, and their integrity checked. */
  encryption: boolean;
  /** The daemon's version (`RemoteVersion`). */
  peerVersion?: string;
  /** As whom the daemon knows us (`User`). */
  user?: string;
  /** The method by which we authenticated. */
  method?: string;
  /** The numbers of the commands for which it is good. */
  validCommands: ReadonlySet<number>;
  /** When it ends, in milliseconds since 1970; undefined if never. */
  expires?: number;
  /** How long it lives unused, in milliseconds; 0 for ever. */
  lease: number;
  /** When it was last used, in milliseconds since 1970. */
  used: number;
}

/** The sessions that a program has, by the address of the daemon. */
export class SessionCache {
  readonly #sessions = new Map<string, Session[]>();
  readonly #now: () => number;

  /**
   * Makes one.
   *
   * @param now The clock, in milliseconds since 1970 (for tests).
   */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How many sessions there are, those that have ended included. */
  get size(): number {
    let size = 0;
    for (const list of this.#sessions.values()) size += list.length;
    return size;
  }

  /**
   * A session to resume; it counts as used now.
   *
   * @param address The daemon's address, as it was connected to.
   * @param command The command's number.
   * @returns The newest session that is good for the command, if there is one.
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
    // A daemon can be asked for ever new sessions: keep a few.
    this.#sessions.set(address, [...list.slice(-15), session]);
  }

  /**
   * Forgets a session, as when the server does not know it any more.
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

  /** Forgets all sessions. */
  clear(): void {
    this.#sessions.clear();
  }
}

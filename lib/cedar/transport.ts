/**
 * Bytes over TCP, with a time limit on every wait. Knows no frames.
 *
 * @module
 */

import {
  CedarConnectError,
  CedarError,
  CedarTimeout,
  PeerClosedError,
} from "./errors.ts";
import type { NetworkAddress } from "./sinful.ts";

/** What frames are sent and received over. */
export interface Transport {
  /** Whom we talk to, for messages. */
  readonly peer: string;
  /** The peer's literal IP address and port, as we connected to it. */
  readonly remote: NetworkAddress;
  /** Our own literal IP address and port. */
  readonly local: NetworkAddress;
  /**
   * Waits for bytes.
   *
   * @returns Bytes, at least one; undefined when the peer has closed.
   * @throws {CedarTimeout} If none come in time.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Sends bytes, all of them.
   *
   * @param bytes What to send.
   * @throws {CedarTimeout} If the peer does not take them in time.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the connection; pending reads and writes fail. */
  close(): void;
}

/** Time limits, in milliseconds. */
export interface Timeouts {
  /** For making a connection, each address tried. Default 20 000. */
  connect: number;
  /** For each wait for bytes of the peer. Default 20 000. */
  read: number;
  /** For the peer to take what we send. Default 20 000. */
  write: number;
  /** For the whole security handshake. Default 60 000. */
  handshake: number;
}

/** HTCondor's own limits. */
export const defaultTimeouts: Timeouts = {
  connect: 20_000,
  read: 20_000,
  write: 20_000,
  handshake: 60_000,
};

/** Reading in pieces of this many bytes at most. */
const readLength = 256 * 1024;

/** A new read buffer is made when less room than this is left. */
const leastRoom = 16 * 1024;

/** A TCP connection. */
export class TcpTransport implements Transport {
  readonly peer: string;
  readonly remote: NetworkAddress;
  readonly local: NetworkAddress;
  readonly #conn: Deno.TcpConn;
  readonly #timeouts: Timeouts;
  readonly #signal?: AbortSignal;
  #buffer = new Uint8Array(leastRoom);
  #filled = 0;
  #closed = false;
  #failure: unknown;
  readonly #onAbort = () => {
    this.#failure ??= this.#signal?.reason;
    this.close();
  };

  private constructor(
    conn: Deno.TcpConn,
    peer: string,
    timeouts: Timeouts,
    signal?: AbortSignal,
  ) {
    this.#conn = conn;
    this.peer = peer;
    const remote = conn.remoteAddr, local = conn.localAddr;
    this.remote = { host: remote.hostname, port: remote.port };
    this.local = { host: local.hostname, port: local.port };
    this.#timeouts = timeouts;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /**
   * Connects to the first address that answers.
   *
   * @param addresses Where to try, in order.
   * @param peer Whom we want to talk to, for messages.
   * @param timeouts The time limits.
   * @param signal Ends all waiting when it is aborted.
   * @returns The connection.
   * @throws {CedarConnectError} If none answers.
   * @throws {CedarTimeout} If none answers in time.
   */
  static async connect(
    addresses: readonly NetworkAddress[],
    peer: string,
    timeouts: Timeouts,
    signal?: AbortSignal,
  ): Promise<TcpTransport> {
    let failure: unknown = new CedarConnectError("no address to connect to", {
      subject: peer,
    });
    for (const address of addresses) {
      signal?.throwIfAborted();
      try {
        const conn = await connectOne(address, peer, timeouts.connect, signal);
        conn.setNoDelay(true);
        return new TcpTransport(conn, peer, timeouts, signal);
      } catch (error) {
        signal?.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#check();
    if (this.#buffer.length - this.#filled < leastRoom) {
      // The old buffer may still be in use by frames: never write to it again.
      this.#buffer = new Uint8Array(readLength);
      this.#filled = 0;
    }
    const room = this.#buffer.subarray(this.#filled);
    const count = await this.#limited(
      this.#conn.read(room),
      this.#timeouts.read,
      "no answer",
      "the daemon may be busy or hang: try again, or look at its log",
    );
    if (count === null) return undefined;
    this.#filled += count;
    return room.subarray(0, count);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let sent = 0;
    while (sent < bytes.length) {
      this.#check();
      sent += await this.#limited(
        this.#conn.write(sent === 0 ? bytes : bytes.subarray(sent)),
        this.#timeouts.write,
        "peer takes no more bytes",
        "the daemon may be busy or hang: try again, or look at its log",
      );
    }
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) {
      throw new CedarError("connection is closed", { subject: this.peer });
    }
    this.#signal?.throwIfAborted();
  }

  async #limited<T>(
    work: Promise<T>,
    limit: number,
    message: string,
    remedy: string,
  ): Promise<T> {
    const timer = setTimeout(() => {
      this.#failure ??= new CedarTimeout(
        `${message} within ${limit / 1000} s`,
        { subject: this.peer, remedy },
      );
      this.close();
    }, limit);
    try {
      return await work;
    } catch (cause) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#closed) {
        throw new CedarError("connection is closed", { subject: this.peer });
      }
      throw new PeerClosedError("connection was cut", {
        subject: this.peer,
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function connectOne(
  address: NetworkAddress,
  peer: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Deno.TcpConn> {
  if (address.port === 0) {
    throw new CedarConnectError("address has no port", { subject: peer });
  }
  const connecting = Deno.connect({
    hostname: address.host,
    port: address.port,
    transport: "tcp",
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const limited = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CedarTimeout(`no connection within ${limit / 1000} s`, {
            subject: peer,
            remedy: "check that the host is up and no firewall drops the port",
          }),
        ),
      limit,
    );
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([connecting, limited]);
  } catch (cause) {
    // A connection that comes late is not wanted any more.
    connecting.then((conn) => conn.close(), () => {});
    if (cause instanceof CedarError || signal?.aborted) throw cause;
    throw new CedarConnectError(reason(cause), {
      subject: peer,
      remedy: "check that the daemon runs and that the address is right",
      cause,
    });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener("abort", onAbort);
  }
}

function reason(cause: unknown): string {
  if (cause instanceof Deno.errors.ConnectionRefused) {
    return "connection refused";
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  return /lookup|resolve|not known/i.test(text)
    ? "host name is not known"
    : `no connection: ${text}`;
}

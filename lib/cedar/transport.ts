/**
 * Sends and receives bytes over TCP, with a time limit for every wait. It knows
 * nothing about frames.
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

/** A connection that carries bytes. */
export interface Transport {
  /** The peer's address, for error messages. */
  readonly peer: string;
  /** The IP address and the port of the peer to which we connected. */
  readonly remote: NetworkAddress;
  /** Our own IP address and port. */
  readonly local: NetworkAddress;
  /**
   * Waits for bytes.
   *
   * @returns At least one byte, or undefined if the peer has closed the
   * connection.
   * @throws {CedarTimeout} If no byte comes in time.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Sends all bytes.
   *
   * @param bytes The bytes to send.
   * @throws {CedarTimeout} If the peer does not accept them in time.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the connection. Pending reads and writes fail. */
  close(): void;
}

/** Time limits, in milliseconds. */
export interface Timeouts {
  /**
   * The limit for making a connection, for each address. The default is 20 000.
   */
  connect: number;
  /** The limit for each wait for bytes of the peer. The default is 20 000. */
  read: number;
  /** The limit for the peer to accept what we send. The default is 20 000. */
  write: number;
  /** The limit for the whole security handshake. The default is 60 000. */
  handshake: number;
}

/** HTCondor's own limits. */
export const defaultTimeouts: Timeouts = {
  connect: 20_000,
  read: 20_000,
  write: 20_000,
  handshake: 60_000,
};

/** The size of a read buffer, in bytes. */
const readLength = 256 * 1024;

/** If less room than this is left, a new read buffer is made. */
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
   * @param addresses The addresses to try, in order.
   * @param peer The peer's address, for error messages.
   * @param timeouts The time limits.
   * @param signal Ends all waiting when it is aborted.
   * @returns The connection.
   * @throws {CedarConnectError} If no address answers.
   * @throws {CedarTimeout} If no address answers in time.
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
      // Frames may still use the old buffer, so it is never written to again.
      this.#buffer = new Uint8Array(readLength);
      this.#filled = 0;
    }
    const room = this.#buffer.subarray(this.#filled);
    const count = await this.#limited(
      this.#conn.read(room),
      this.#timeouts.read,
      "no answer",
      "the daemon may be busy or hang: try again, or check its log",
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
        "the daemon accepted no data",
        "the daemon may be busy or hang: try again, or check its log",
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
      throw new PeerClosedError("connection was interrupted", {
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
            remedy:
              "check that the host is up and that no firewall blocks the port",
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
    // If the connection is made later, nobody needs it any more.
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

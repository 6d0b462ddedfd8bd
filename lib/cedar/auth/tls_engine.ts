/**
 * TLS without a connection to the peer: bytes of the peer go in, bytes for the
 * peer come out.
 *
 * Deno has no TLS over memory, and over a stream of our own its release 2.5
 * never lets go of it. So node:tls runs over a connection of this process to
 * itself, and the bytes at its other end are ours to carry. Release 2.5 also
 * announces a secure connection before it has verified the certificate: only
 * data that came through TLS prove anything.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { outOfDate } from "./validity.ts";

/**
 * Deno 2.9 verifies signature and name of an X.509 certificate of version 1,
 * as `openssl x509 -req` makes them, and not whether it holds now.
 */
function outOfDateError(socket: TLSSocket): Error | undefined {
  let old: string | undefined;
  try {
    const { raw } = socket.getPeerCertificate();
    old = outOfDate(new X509Certificate(raw).toString());
  } catch {
    // Release 2.5 does not know the certificate yet, and verifies all of it.
    return undefined;
  }
  return old === undefined ? undefined : new Error(`certificate ${old}`);
}

/** Nothing more is expected when nothing came for so long, in milliseconds. */
const settleTime = 4;

/** What a TLS client is made of. */
export interface TlsEngineOptions {
  /** The server's name; empty if it is not to be checked. */
  serverName: string;
  /** Trusted authorities, PEM. */
  authorities: readonly string[];
  /** Our certificate chain, PEM. */
  certificate?: string;
  /** Our private key, PEM. */
  key?: string;
}

/** A TLS client. */
export class TlsEngine {
  readonly #far: Deno.TcpConn;
  readonly #socket: TLSSocket;
  #output: Uint8Array[] = [];
  #plain: Uint8Array[] = [];
  #secure = false;
  #error: Error | undefined;
  #closed = false;
  #feeding: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  private constructor(socket: TLSSocket, far: Deno.TcpConn) {
    this.#socket = socket;
    this.#far = far;
    this.#socket.on("secureConnect", () => {
      this.#error ??= outOfDateError(socket);
      this.#secure = true;
      this.#changed();
    });
    this.#socket.on("data", (data: Uint8Array) => {
      this.#plain.push(new Uint8Array(data));
      this.#changed();
    });
    const fail = (error: Error) => {
      this.#error ??= error;
      this.#changed();
    };
    this.#socket.on("error", fail);
    this.#collect();
  }

  /**
   * Makes a TLS client; it starts to shake hands at once.
   *
   * @param options Whom to trust, and who we are.
   */
  static async start(options: TlsEngineOptions): Promise<TlsEngine> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const socket = connect(
      {
        host: "127.0.0.1",
        port: listener.addr.port,
        ...(options.serverName === ""
          ? { checkServerIdentity: () => undefined }
          : { servername: options.serverName }),
        ca: [...options.authorities],
        cert: options.certificate,
        key: options.key,
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
      } satisfies ConnectionOptions,
    );
    const connected = new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    for (;;) {
      const far = await listener.accept();
      await connected;
      // Somebody else on this host may have been faster.
      if (far.remoteAddr.port === socket.localPort) {
        return new TlsEngine(socket, far);
      }
      far.close();
    }
  }

  /** Whether the handshake is said to have ended. */
  get secure(): boolean {
    return this.#secure;
  }

  /** What went wrong, such as a certificate that is not trusted. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many bytes were received through TLS. */
  get plainLength(): number {
    return this.#plain.reduce((n, p) => n + p.length, 0);
  }

  /**
   * Takes bytes of the peer.
   *
   * @param bytes As they came.
   */
  feed(bytes: Uint8Array): void {
    this.#feeding = this.#feeding.then(async () => {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#far.write(bytes.subarray(sent));
      }
    }).catch(() => {});
  }

  /**
   * Waits until there is something to tell the peer.
   *
   * @param ready What else ends the waiting.
   * @param limit For how long at most, in milliseconds.
   * @returns The bytes for the peer; none when the limit is reached.
   */
  async output(ready: () => boolean, limit: number): Promise<Uint8Array> {
    const end = performance.now() + limit;
    const done = () =>
      this.#output.length > 0 || this.#error !== undefined || ready();
    while (!done() && performance.now() < end) {
      await this.#change(end - performance.now());
    }
    // Records come one by one: wait until there are no more.
    for (let seen = -1; seen !== this.#output.length;) {
      seen = this.#output.length;
      await this.#change(settleTime);
    }
    const pieces = this.#output;
    this.#output = [];
    return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
  }

  /** Ends it, without a word to the peer. */
  close(): void {
    this.#closed = true;
    this.#output = [];
    this.#socket.destroy();
    this.#far.close();
  }

  /** Collects what is for the peer. */
  async #collect(): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await this.#far.read(buffer);
        if (count === null || this.#closed) return;
        this.#output.push(buffer.slice(0, count));
        this.#changed();
      }
    } catch {
      // Closed, by us or by an alert of TLS; the socket says which.
    }
  }

  #changed(): void {
    this.#wake?.();
  }

  async #change(limit: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, Math.max(1, limit));
    });
    clearTimeout(timer);
    this.#wake = undefined;
  }
}

/**
 * TLS without a network connection to the peer. Bytes of the peer go in, and
 * bytes for the peer come out.
 *
 * Deno has no TLS over memory. TLS over a stream of our own is never released
 * by Deno 2.5. Therefore node:tls runs over a connection of this process to
 * itself, and this module carries the bytes at the other end. Deno 2.5 also
 * reports a secure connection before it has verified the certificate. Only data
 * that came through TLS prove that it was verified.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { outOfDate } from "./validity.ts";

/**
 * Returns an error if the peer's certificate is not valid now. Deno 2.9 checks
 * the signature and the name of an X.509 certificate of version 1 (as
 * `openssl x509 -req` makes them), but not its dates.
 */
function outOfDateError(socket: TLSSocket): Error | undefined {
  let old: string | undefined;
  try {
    const { raw } = socket.getPeerCertificate();
    old = outOfDate(new X509Certificate(raw).toString());
  } catch {
    // Deno 2.5 does not know the certificate yet. It checks the dates itself.
    return undefined;
  }
  return old === undefined ? undefined : new Error(`certificate ${old}`);
}

/**
 * How long to wait for more bytes, in milliseconds. Then no more are expected.
 */
const settleTime = 4;

/** The options of a TLS client. */
export interface TlsEngineOptions {
  /** The server's name. If it is empty, the name is not checked. */
  serverName: string;
  /** Certificates of trusted authorities, PEM. */
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
   * Makes a TLS client, which starts its handshake at once.
   *
   * @param options The authorities to trust, and our own certificate.
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
      // Another process on this host may have connected first.
      if (far.remoteAddr.port === socket.localPort) {
        return new TlsEngine(socket, far);
      }
      far.close();
    }
  }

  /** Whether TLS reports that the handshake is complete. */
  get secure(): boolean {
    return this.#secure;
  }

  /** The error, for example a certificate that is not trusted. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many bytes were received through TLS. */
  get plainLength(): number {
    return this.#plain.reduce((n, p) => n + p.length, 0);
  }

  /**
   * Accepts bytes of the peer.
   *
   * @param bytes The bytes as they came.
   */
  feed(bytes: Uint8Array): void {
    this.#feeding = this.#feeding.then(async () => {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#far.write(bytes.subarray(sent));
      }
    }).catch(() => {});
  }

  /**
   * Waits until there are bytes for the peer.
   *
   * @param ready Ends the wait when it returns true.
   * @param limit The longest wait, in milliseconds.
   * @returns The bytes for the peer. There are none if the limit was reached.
   */
  async output(ready: () => boolean, limit: number): Promise<Uint8Array> {
    const end = performance.now() + limit;
    const done = () =>
      this.#output.length > 0 || this.#error !== undefined || ready();
    while (!done() && performance.now() < end) {
      await this.#change(end - performance.now());
    }
    // TLS records come one by one. Wait until there are no more.
    for (let seen = -1; seen !== this.#output.length;) {
      seen = this.#output.length;
      await this.#change(settleTime);
    }
    const pieces = this.#output;
    this.#output = [];
    return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
  }

  /** Ends TLS without telling the peer. */
  close(): void {
    this.#closed = true;
    this.#output = [];
    this.#socket.destroy();
    this.#far.close();
  }

  /** Collects the bytes for the peer. */
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
      // The connection was closed here, or by an alert of TLS. In the second
      // case the socket reports the error.
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

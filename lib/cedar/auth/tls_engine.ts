/**
 * TLS without a socket: bytes of the peer go in, bytes for the peer come out.
 *
 * Deno has no TLS over memory; node:tls over a stream of our own comes to the
 * same. What differs between releases: 2.5 announces a secure connection before
 * it has verified the certificate, so only data that the peer sent through TLS
 * prove anything.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

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
  readonly #stream: Duplex;
  readonly #socket: TLSSocket;
  #output: Uint8Array[] = [];
  #plain: Uint8Array[] = [];
  #secure = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param options Whom to trust, and who we are. */
  constructor(options: TlsEngineOptions) {
    this.#stream = new Duplex({
      read() {},
      write: (chunk: Uint8Array, _encoding, done) => {
        this.#output.push(new Uint8Array(chunk));
        this.#changed();
        done();
      },
    });
    // The types know of net.Socket only; any Duplex will do.
    this.#socket = connect(
      {
        socket: this.#stream,
        ...(options.serverName === ""
          ? { checkServerIdentity: () => undefined }
          : { servername: options.serverName }),
        ca: [...options.authorities],
        cert: options.certificate,
        key: options.key,
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
      } as unknown as ConnectionOptions,
    );
    this.#socket.on("secureConnect", () => {
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
    this.#stream.on("error", fail);
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
    if (bytes.length > 0) this.#stream.push(Buffer.from(bytes));
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
    const whole = Buffer.concat(this.#output);
    this.#output = [];
    return new Uint8Array(whole);
  }

  /** Ends it, without a word to the peer. */
  close(): void {
    this.#output = [];
    // Deno 2.5 would close what destroy() has closed, and throw into the void.
    this.#stream.removeAllListeners("close");
    this.#socket.destroy();
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

/**
 * A connection that carries messages, HTCondor's `ReliSock`. It connects a
 * transport with frames and messages and does nothing else.
 *
 * @module
 */

import { PeerClosedError } from "./errors.ts";
import { type Frame, FrameCodec } from "./frame.ts";
import type { MessageLimits } from "./ad_scan.ts";
import { MessageReader } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import type { Transport } from "./transport.ts";

/** Frames are collected up to this many bytes before they are sent. */
const flushLength = 64 * 1024;

/** Messages in both directions over one transport. */
export class ReliSock {
  /** The transport that carries the bytes. */
  readonly transport: Transport;
  /**
   * Writes messages. They are sent by `flush()`, or when the reader waits next.
   */
  readonly writer: MessageWriter;
  /** Reads messages. */
  readonly reader: MessageReader;
  readonly #codec = new FrameCodec();
  #key: Uint8Array | undefined;
  #out: Uint8Array[] = [];
  #outLength = 0;
  #flushing: Promise<void> = Promise.resolve();
  #isFlushing = false;
  #failure: { error: unknown } | undefined;

  /**
   * Makes a connection without encryption.
   *
   * @param transport The transport that carries the bytes.
   * @param limits The limits for data that the peer sends.
   */
  constructor(transport: Transport, limits?: MessageLimits) {
    this.transport = transport;
    const isEncrypted = () => this.#codec.encrypted;
    const canEncrypt = () => this.#key !== undefined;
    this.writer = new MessageWriter({
      get encrypted() {
        return isEncrypted();
      },
      get canEncrypt() {
        return canEncrypt();
      },
      frame: (payload, end) => this.#put(payload, end),
    });
    this.reader = new MessageReader({
      get encrypted() {
        return isEncrypted();
      },
      get canEncrypt() {
        return canEncrypt();
      },
      frame: () => this.#codec.next() ?? this.#receive(),
    }, limits);
  }

  /** Whether the messages are encrypted and protected against changes. */
  get encrypted(): boolean {
    return this.#codec.encrypted;
  }

  /** How many bytes wait to be sent. */
  get pendingBytes(): number {
    return this.#outLength;
  }

  /**
   * Sets the session key. Even if the connection is not encrypted, secrets are
   * written differently once there is a key.
   *
   * @param key The session key, 32 bytes.
   * @param encrypt Whether all further messages are encrypted.
   */
  setKey(key: Uint8Array, encrypt: boolean): void {
    this.#key = key;
    if (encrypt) this.#codec.encrypt(key);
  }

  /**
   * Forgets the bytes sent in clear, because the shared port server has
   * consumed them.
   */
  resetDigests(): void {
    this.#codec.resetDigests();
  }

  /**
   * Sends all bytes that wait to be sent.
   *
   * @returns A promise that resolves when the operating system has accepted
   * them.
   */
  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (!this.#isFlushing && this.#outLength > 0) {
      this.#isFlushing = true;
      this.#flushing = this.#drain();
      // The next call that waits throws the error. At this moment perhaps no
      // call waits.
      this.#flushing.catch(() => {});
    }
    return this.#flushing;
  }

  /** Closes the connection. */
  close(): void {
    this.transport.close();
  }

  #put(payload: Uint8Array, end: boolean): void {
    const frame = this.#codec.encode(payload, end);
    this.#out.push(frame);
    this.#outLength += frame.length;
    if (this.#outLength >= flushLength) this.flush().catch(() => {});
  }

  async #drain(): Promise<void> {
    try {
      while (this.#outLength > 0) {
        const pieces = this.#out;
        const length = this.#outLength;
        this.#out = [];
        this.#outLength = 0;
        await this.transport.write(merge(pieces, length));
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#isFlushing = false;
    }
  }

  async #receive(): Promise<Frame> {
    // The peer may answer while we still send. Reading and sending go on at the
    // same time, because otherwise each side could wait for the other.
    if (this.#outLength > 0) this.flush().catch(() => {});
    for (;;) {
      const frame = this.#codec.next();
      if (frame !== undefined) return frame;
      const bytes = await this.transport.read();
      if (bytes === undefined) {
        if (this.#failure) throw this.#failure.error;
        throw new PeerClosedError("peer closed the connection", {
          subject: this.transport.peer,
        });
      }
      this.#codec.push(bytes);
    }
  }
}

function merge(pieces: Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

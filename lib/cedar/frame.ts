/**
 * Frames, which HTCondor's source calls packets: makes frames from payloads,
 * and payloads from received bytes.
 *
 * A frame has three parts: one byte that says whether the message ends with
 * this frame (0 no, 1 yes), the length of the body (4 bytes, big-endian), and
 * the body. With AES-GCM the body is the IV (only in the first frame of a
 * direction), the ciphertext and the tag. The header is authenticated too. In
 * the first frame of each direction the SHA-256 digests of everything that was
 * sent in clear before are also authenticated: first what the sender sent, then
 * what the sender received. The code follows `condor_io/reli_sock.cpp`.
 *
 * This file knows nothing about sockets or messages.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { PacketOpener, PacketSealer } from "./aes_gcm.ts";
import { CedarProtocolError } from "./errors.ts";

/** The length of a frame's header, in bytes. */
export const headerLength = 5;

/** The longest frame body that HTCondor accepts, in bytes. */
export const maxFrameLength = 1024 * 1024;

/** A decrypted frame. */
export interface Frame {
  /** Whether the message ends with this frame. */
  end: boolean;
  /** The plain bytes. They stay valid and are never overwritten. */
  payload: Uint8Array;
}

/** The digest of the bytes that were sent in clear in one direction. */
class ClearDigest {
  #hash: Hash | undefined;
  #result: Uint8Array | undefined;
  #length = 0;

  update(bytes: Uint8Array): void {
    // A connection that has sent so much in clear will not be encrypted any
    // more. HTCondor stops at the same length.
    if (this.#result !== undefined || this.#length > maxFrameLength) return;
    (this.#hash ??= createHash("sha256")).update(bytes);
    this.#length += bytes.length;
  }

  /**
   * Returns the digest, 32 bytes. They are zero if nothing was sent in clear.
   */
  final(): Uint8Array {
    return this.#result ??= this.#hash?.digest() ?? new Uint8Array(32);
  }

  reset(): void {
    this.#hash = undefined;
    this.#result = undefined;
    this.#length = 0;
  }
}

/**
 * Encodes and decodes the frames of both directions of a connection.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const here = new FrameCodec(), there = new FrameCodec();
 * there.push(here.encode(new TextEncoder().encode("hi"), true));
 * assertEquals(there.next()?.end, true);
 * ```
 */
export class FrameCodec {
  readonly #sent = new ClearDigest();
  readonly #received = new ClearDigest();
  #sealer: PacketSealer | undefined;
  #opener: PacketOpener | undefined;
  #firstSealed = true;
  #firstOpened = true;
  // The received bytes that are not decoded yet: #input[#from … #to).
  #input: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** Whether frames are encrypted. */
  get encrypted(): boolean {
    return this.#sealer !== undefined;
  }

  /** How many received bytes are not decoded yet. */
  get pendingBytes(): number {
    return this.#to - this.#from;
  }

  /**
   * Encrypts all further frames in both directions.
   *
   * @param key The session key, 32 bytes.
   */
  encrypt(key: Uint8Array): void {
    this.#sealer = new PacketSealer(key);
    this.#opener = new PacketOpener(key);
  }

  /**
   * Forgets the bytes sent in clear, because the shared port server has
   * consumed them.
   */
  resetDigests(): void {
    this.#sent.reset();
    this.#received.reset();
  }

  /**
   * Makes a frame.
   *
   * @param payload The plain bytes: at least one, and at most 1 MiB less 32.
   * @param end Whether the message ends with this frame.
   * @returns Header and body.
   */
  encode(payload: Uint8Array, end: boolean): Uint8Array {
    const length = this.#sealer?.sealedLength(payload.length) ?? payload.length;
    const frame = new Uint8Array(headerLength + length);
    frame[0] = end ? 1 : 0;
    new DataView(frame.buffer).setUint32(1, length);
    if (this.#sealer === undefined) {
      frame.set(payload, headerLength);
      this.#sent.update(frame);
      return frame;
    }
    const header = frame.subarray(0, headerLength);
    let aad: Uint8Array = header;
    if (this.#firstSealed) {
      aad = join(this.#sent.final(), this.#received.final(), header);
      this.#firstSealed = false;
    }
    this.#sealer.seal(payload, aad, frame.subarray(headerLength));
    return frame;
  }

  /**
   * Accepts received bytes. The caller may not change them afterwards.
   *
   * @param bytes Bytes from the peer. They may end anywhere in a frame.
   */
  push(bytes: Uint8Array): void {
    const pending = this.#to - this.#from;
    if (pending === 0) {
      this.#input = bytes;
      this.#from = 0;
      this.#to = bytes.length;
      return;
    }
    // Neighbouring pieces of one read buffer are not copied.
    if (
      this.#input.buffer === bytes.buffer &&
      this.#input.byteOffset + this.#to === bytes.byteOffset
    ) {
      const start = this.#input.byteOffset + this.#from;
      this.#input = new Uint8Array(bytes.buffer, start, pending + bytes.length);
    } else {
      this.#input = this.#merged(bytes);
    }
    this.#from = 0;
    this.#to = pending + bytes.length;
  }

  /**
   * Returns the bytes in one buffer. It has twice the needed size, because
   * copying for each of many small pieces would take quadratic time.
   */
  #merged(bytes: Uint8Array): Uint8Array {
    const pending = this.#to - this.#from;
    const total = pending + bytes.length;
    if (this.#input.length - this.#from >= total) {
      // There is room left in the buffer that was made here before.
      const input = this.#input.subarray(this.#from);
      input.set(bytes, pending);
      return input;
    }
    const merged = new Uint8Array(2 * total);
    merged.set(this.#input.subarray(this.#from, this.#to));
    merged.set(bytes, pending);
    return merged;
  }

  /**
   * Returns the next complete frame.
   *
   * @returns The frame, or undefined if more bytes are needed.
   * @throws {CedarProtocolError} If the bytes are not a frame.
   */
  next(): Frame | undefined {
    const pending = this.#to - this.#from;
    if (pending < headerLength) return undefined;
    const at = this.#from;
    const input = this.#input;
    const flag = input[at];
    const length = input[at + 1] * 0x1000000 + (input[at + 2] << 16) +
      (input[at + 3] << 8) + input[at + 4];
    checkHeader(input.subarray(at, at + headerLength), flag, length);
    if (pending < headerLength + length) return undefined;
    this.#from += headerLength + length;
    const header = input.subarray(at, at + headerLength);
    const body = input.subarray(at + headerLength, this.#from);
    return { end: flag !== 0, payload: this.#open(header, body) };
  }

  #open(header: Uint8Array, body: Uint8Array): Uint8Array {
    if (this.#opener === undefined) {
      this.#received.update(header);
      this.#received.update(body);
      return body;
    }
    let aad: Uint8Array = header;
    if (this.#firstOpened) {
      aad = join(this.#received.final(), this.#sent.final(), header);
      this.#firstOpened = false;
    }
    return this.#opener.open(body, aad);
  }
}

function checkHeader(header: Uint8Array, flag: number, length: number): void {
  if (flag > 10) {
    throw new CedarProtocolError(
      looksLikeText(header)
        ? "peer does not speak CEDAR (the port may belong to another service)"
        : "frame header is not CEDAR",
      { subject: hex(header) },
    );
  }
  if (length === 0 || length > maxFrameLength) {
    throw new CedarProtocolError(`frame of ${length} bytes is out of range`, {
      subject: hex(header),
    });
  }
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.every((b) => b >= 0x20 && b < 0x7f);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * AES-256-GCM as CEDAR uses it, and the key exchange that comes before it.
 *
 * The code follows `condor_io/condor_crypt_aesgcm.cpp` and
 * `SecMan::FinishKeyExchange` in `condor_io/condor_secman.cpp`. The key
 * exchange is P-256 Diffie-Hellman, followed by HKDF-SHA256 with salt
 * `htcondor` and info `keygen`. The IV has 16 bytes and is sent in clear before
 * the first packet of each direction. Its first four bytes count the packets.
 *
 * Node's synchronous crypto is used because it is faster than WebCrypto:
 * packets of 64 bytes take a third of the time, packets of the usual 4 KiB two
 * thirds.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  type ECDH,
  hkdfSync,
} from "node:crypto";
import { CedarProtocolError } from "./errors.ts";

const ivLength = 16;
const tagLength = 16;

/** The length of a session key for AES, in bytes. */
export const sessionKeyLength = 32;

function packetIv(base: Uint8Array, counter: number): Uint8Array {
  // slice() would share the memory if the base is a Buffer.
  const iv = new Uint8Array(base);
  const view = new DataView(iv.buffer);
  view.setUint32(0, (view.getUint32(0) + counter) >>> 0);
  return iv;
}

/** Encrypts the packets that one side of a connection sends. */
export class PacketSealer {
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #counter = 0;

  /**
   * Starts with a fresh counter.
   *
   * @param key The session key, 32 bytes.
   * @param iv The first IV, 16 bytes. Tests give one; by default it is random.
   */
  constructor(
    key: Uint8Array,
    iv: Uint8Array = crypto.getRandomValues(new Uint8Array(ivLength)),
  ) {
    this.#key = key;
    this.#iv = iv;
  }

  /**
   * Returns the length of the next packet that `seal()` makes.
   *
   * @param length The length of the plain bytes.
   * @returns The length of the packet's body, in bytes.
   */
  sealedLength(length: number): number {
    return length + tagLength + (this.#counter === 0 ? ivLength : 0);
  }

  /**
   * Encrypts the body of a packet.
   *
   * @param plain The plain bytes.
   * @param aad The bytes that are authenticated but not encrypted: at least the
   * header.
   * @param into Receives the packet's body. Its length is
   * `sealedLength(plain.length)`.
   * @throws {CedarProtocolError} If the key has sealed 2^32 - 1 packets.
   */
  seal(plain: Uint8Array, aad: Uint8Array, into: Uint8Array): void {
    if (this.#counter === 0xffffffff) {
      throw new CedarProtocolError("too many packets for one session key");
    }
    const iv = packetIv(this.#iv, this.#counter);
    let at = 0;
    if (this.#counter === 0) {
      into.set(iv);
      at = ivLength;
    }
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    cipher.setAAD(aad);
    into.set(cipher.update(plain), at);
    cipher.final();
    into.set(cipher.getAuthTag(), at + plain.length);
    this.#counter++;
  }
}

/** Decrypts the packets that one side of a connection receives. */
export class PacketOpener {
  readonly #key: Uint8Array;
  #iv: Uint8Array | undefined;
  #counter = 0;

  /**
   * Starts with a fresh counter.
   *
   * @param key The session key, 32 bytes.
   */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * Decrypts the body of a packet.
   *
   * @param sealed The packet's body as it was received.
   * @param aad The bytes that were authenticated but not encrypted.
   * @returns The plain bytes.
   * @throws {CedarProtocolError} If the packet is too short or was changed.
   */
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array {
    const start = this.#counter === 0 ? ivLength : 0;
    if (sealed.length < start + tagLength) {
      throw new CedarProtocolError("encrypted packet is too short");
    }
    if (this.#counter === 0xffffffff) {
      throw new CedarProtocolError("too many packets for one session key");
    }
    const base = this.#iv ??= new Uint8Array(sealed.subarray(0, ivLength));
    const body = sealed.subarray(start, sealed.length - tagLength);
    try {
      const decipher = createDecipheriv(
        "aes-256-gcm",
        this.#key,
        packetIv(base, this.#counter),
      );
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
      const plain = decipher.update(body);
      decipher.final();
      this.#counter++;
      return plain;
    } catch (cause) {
      throw new CedarProtocolError(
        "packet cannot be decrypted: it was changed on the way, or the peer has another session key",
        { cause },
      );
    }
  }
}

/** Our half of the Diffie-Hellman exchange for one session. */
export class KeyExchange {
  readonly #ecdh: ECDH;
  /** Our public key for the peer: an uncompressed point, in base64. */
  readonly publicKey: string;

  /** Makes a new key pair on P-256. */
  constructor() {
    this.#ecdh = createECDH("prime256v1");
    this.publicKey = this.#ecdh.generateKeys("base64", "uncompressed");
  }

  /**
   * Computes the session key.
   *
   * @param peerKey The peer's public key, in base64.
   * @returns The session key, 32 bytes.
   * @throws {CedarProtocolError} If the peer's key is not a point of the curve.
   */
  finish(peerKey: string): Uint8Array {
    const point = Buffer.from(peerKey, "base64");
    if (!isPoint(point)) {
      throw new CedarProtocolError("peer's public key is not a P-256 point");
    }
    // Deno 2.5 accepts only bytes here, not base64.
    const secret = this.#ecdh.computeSecret(point);
    return hkdf(secret, "htcondor", "keygen", sessionKeyLength);
  }
}

// The curve P-256: y² = x³ − 3x + b over the integers modulo p (FIPS 186-4).
const p256 = {
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

/**
 * Returns whether bytes are an uncompressed point of P-256. Crypto libraries
 * check this too, but the one of Deno 2.5 then ends the whole process.
 */
function isPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const { p, b } = p256;
  const x = integer(bytes.subarray(1, 33)), y = integer(bytes.subarray(33));
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}

function integer(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
}

/**
 * Derives a key with HKDF and SHA-256, as HTCondor derives all of its keys.
 *
 * @param secret The input key.
 * @param salt The salt.
 * @param info What the key is for.
 * @param length The length of the result, in bytes.
 * @returns The derived key.
 */
export function hkdf(
  secret: Uint8Array,
  salt: Uint8Array | string,
  info: string,
  length: number,
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, length));
}

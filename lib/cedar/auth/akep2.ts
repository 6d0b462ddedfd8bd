/**
 * AKEP2, by which client and server prove to each other that they have the same
 * secret: the pool password, or the signature of a token. The code follows
 * `condor_io/condor_auth_passwd.cpp`. The protocol is 12.20 of the Handbook of
 * Applied Cryptography.
 *
 * T = (A, B, rA, rB) are the names of client and server, and two random
 * numbers.
 *
 * 1. client: status, A, the token without its signature (IDTOKENS only), rA
 * 2. server: status, A, B, rA, rB, HMAC(K, "A B\0" rA rB)
 * 3. client: status, A, rB, HMAC(K, "A\0" rB)
 *
 * HMAC uses SHA-1. A status other than 0 tells the other side to give up. The
 * values are then empty, but all three messages are still sent.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { hkdf } from "../aes_gcm.ts";
import { CedarProtocolError } from "../errors.ts";
import type { MessageReader } from "../message_reader.ts";
import type { ReliSock } from "../reli_sock.ts";
import { MethodError } from "./authenticator.ts";

/** The length of a random number, in bytes. */
const randomLength = 256;

const ok = 0;
const failed = -1;

const encoder = new TextEncoder();

/** Constants of the protocol, which are mixed into K. */
const seedK = Uint8Array.from(
  Buffer.from(
    "3e4a502047d5f4e5dc7c69bb5210cbb6167add8084f7dd9ef3ad2cca71d283dd" +
      "114a4fbb7b1ee90adfa862c44304de5473a3172f735c2cbb6e775b5d40d39fac" +
      "e873182523f9252b623be0d4b167a3a8040cacfee9ee3da02c0abbf4d9d8b11f" +
      "89004c943923ce5d9508bb3f04bc66a3fa20a13a416c5e6f4e0d3187d45fc783" +
      "35c5e485db2c5a3717970cc26e7b6b9d1965b47a67df77a31f22f08a6c0ba570" +
      "97a21a9ca7c60424f72739ab5cb915a4185bd109828e35e42108ab851c08a3df" +
      "fde0e3b06f3d3938cdad6df6ef9a6f6dc2cb74f0228512eb7a3d6823010684b0" +
      "15c12ac3014c4f9f938e384dad1e3bd745ff8c141fd70b465ba8af5d1b98b4b1",
    "hex",
  ),
);

/** Thrown if the server gave up. It does not report why. */
export class RejectedError extends MethodError {}

/** Thrown if the server proved that it has another secret. */
export class SecretError extends MethodError {}

/** The client's name and secret. */
export interface Identity {
  /** The name that we claim (A). */
  name: string;
  /** The token without its signature, for IDTOKENS. */
  token?: string;
  /** The key K. */
  key: Uint8Array;
}

/**
 * Derives K from the pool password.
 *
 * @param password The password.
 * @returns K, 20 bytes.
 */
export function keyOfPassword(password: Uint8Array): Uint8Array {
  return createHmac("sha1", seedK).update(password).update(password).digest();
}

/**
 * Derives K from a token.
 *
 * @param token Header and payload as they are written in the token, joined by a
 * dot.
 * @param signature The decoded signature of the token.
 * @returns K, 32 bytes.
 */
export function keyOfToken(token: string, signature: Uint8Array): Uint8Array {
  const salt = Buffer.concat([seedK, encoder.encode(token)]);
  return hkdf(signature, salt, "master ka", 32);
}

/**
 * Runs the exchange.
 *
 * @param sock The connection.
 * @param identity Our name and secret. If it is an error, the exchange only
 * tells the server that we give up.
 * @returns The server's name (B).
 * @throws {MethodError} If the server has another secret, or gives up.
 */
export async function akep2(
  sock: ReliSock,
  identity: Identity | MethodError,
): Promise<string> {
  if (identity instanceof MethodError) return await giveUp(sock, identity);
  const ra = crypto.getRandomValues(new Uint8Array(randomLength));
  sendFirst(sock, identity, ra);
  const answer = await receiveAnswer(sock.reader);
  const failure = check(answer, identity, ra);
  if (failure !== undefined) {
    sendThird(sock, undefined);
    throw failure;
  }
  const mac = createHmac("sha1", identity.key)
    .update(`${identity.name}\0`).update(answer.rb).digest();
  sendThird(sock, { name: identity.name, rb: answer.rb, mac });
  return answer.b;
}

async function giveUp(sock: ReliSock, error: MethodError): Promise<never> {
  sock.writer.putInt(failed).putInt(0).putString("").putString("").putInt(0)
    .endOfMessage();
  await receiveAnswer(sock.reader);
  sendThird(sock, undefined);
  throw error;
}

function sendFirst(
  { writer }: ReliSock,
  { name, token }: Identity,
  ra: Uint8Array,
): void {
  writer.putInt(ok).putInt(encoder.encode(name).length).putString(name);
  if (token !== undefined) writer.putString(token);
  writer.putInt(ra.length).putBytes(ra).endOfMessage();
}

function sendThird(
  { writer }: ReliSock,
  proof: { name: string; rb: Uint8Array; mac: Uint8Array } | undefined,
): void {
  const { name = "", rb = new Uint8Array(), mac = new Uint8Array() } = proof ??
    {};
  writer.putInt(proof ? ok : failed)
    .putInt(encoder.encode(name).length).putString(name)
    .putInt(rb.length).putBytes(rb)
    .putInt(mac.length).putBytes(mac)
    .endOfMessage();
}

interface Answer {
  status: number;
  a: string;
  b: string;
  ra: Uint8Array;
  rb: Uint8Array;
  mac: Uint8Array;
}

async function receiveAnswer(reader: MessageReader): Promise<Answer> {
  const status = await reader.getInt();
  await reader.getInt();
  const a = await reader.getString();
  await reader.getInt();
  const b = await reader.getString();
  const ra = await receiveBytes(reader, randomLength);
  const rb = await receiveBytes(reader, randomLength);
  const mac = await receiveBytes(reader, 64);
  await reader.endOfMessage();
  return { status, a, b, ra, rb, mac };
}

async function receiveBytes(
  reader: MessageReader,
  most: number,
): Promise<Uint8Array> {
  const length = await reader.getInt();
  if (length < 0 || length > most) {
    throw new CedarProtocolError(`${length} bytes in AKEP2 are out of range`);
  }
  return await reader.getBytes(length);
}

function check(
  answer: Answer,
  { name, key }: Identity,
  ra: Uint8Array,
): MethodError | undefined {
  if (answer.status !== ok) {
    return new RejectedError("server rejects our name or our key");
  }
  const { a, b, rb, mac } = answer;
  if (a !== name || b === "" || rb.length !== randomLength) {
    return new MethodError("server's answer names another client");
  }
  const expected = createHmac("sha1", key)
    .update(`${name} ${b}\0`).update(ra).update(rb).digest();
  const matches = answer.ra.length === ra.length &&
    timingSafeEqual(answer.ra, ra) && mac.length === expected.length &&
    timingSafeEqual(mac, expected);
  return matches ? undefined : new SecretError(
    "server has another secret: its key differs, or the token was changed",
    { remedy: "get a new token, or compare the password files" },
  );
}

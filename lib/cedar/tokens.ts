/**
 * Tokens (IDTOKENS) and the keys that sign them, as they are stored in files.
 * The code follows `condor_io/condor_auth_passwd.cpp`,
 * `condor_utils/store_cred.cpp` and `condor_utils/secure_file.cpp`. See also
 * the HTCondor manual, "Token Authentication".
 *
 * A token is a JSON Web Token. It is signed with HMAC-SHA256, by a key that is
 * derived from the signing key. A token file holds one token on each line.
 * Lines that start with # are comments.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { hkdf } from "./aes_gcm.ts";
import type { TokenSource } from "./policy.ts";

/** The contents of a token. */
export interface Token {
  /** The file in which the token was found. */
  file?: string;
  /** Header and payload as they are written in the token, joined by a dot. */
  body: string;
  /** The decoded signature. */
  signature: Uint8Array;
  /** The id of the key that has signed the token. */
  keyId: string;
  /** The issuer, which is a trust domain. */
  issuer?: string;
  /**
   * The user for whom the token is: its subject, or its own id if it has no
   * subject.
   */
  subject: string;
  /** When the token expires, in seconds since 1970. */
  expires?: number;
  /** When the token starts to be valid, in seconds since 1970. */
  notBefore?: number;
}

/** Why a token or a token file was not used. */
export interface PassedOver {
  /** The file, if there is one. */
  file?: string;
  /** The reason. */
  reason: string;
}

/**
 * The names of files that are skipped by default
 * (`LOCAL_CONFIG_DIR_EXCLUDE_REGEXP`).
 */
const defaultExclude = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew))$/;

/** The longest token file that is read, in bytes. */
const longestFile = 1024 * 1024;

/**
 * Parses a token. The signature is not checked.
 *
 * @param text The token.
 * @param file The file in which it was found.
 * @returns The token, or why the text is not a token.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * assert("reason" in parseToken("not a token"));
 * ```
 */
export function parseToken(text: string, file?: string): Token | PassedOver {
  const [header, payload, signature, ...more] = text.trim().split(".");
  if (signature === undefined || more.length > 0) {
    return { file, reason: "not a token of three parts" };
  }
  const head = decodeJson(header), claims = decodeJson(payload);
  if (head === undefined || claims === undefined) {
    return { file, reason: "token is not JSON in base64" };
  }
  const keyId = stringOf(head.kid);
  if (!keyId) return { file, reason: "token has no key id" };
  const subject = stringOf(claims.sub) ?? stringOf(claims.jti);
  if (!subject) return { file, reason: "token has no subject" };
  return {
    file,
    body: `${header}.${payload}`,
    signature: new Uint8Array(Buffer.from(signature, "base64url")),
    keyId,
    subject,
    issuer: stringOf(claims.iss),
    expires: numberOf(claims.exp),
    notBefore: numberOf(claims.nbf),
  };
}

/**
 * Reads all tokens of a source, in the order in which HTCondor would try them.
 *
 * @param source Where to look.
 * @returns The tokens, and the reasons why others were not used.
 */
export function readTokens(
  source: TokenSource,
): { tokens: Token[]; passedOver: PassedOver[] } {
  const tokens: Token[] = [];
  const passedOver: PassedOver[] = [];
  const take = (found: Token | PassedOver) =>
    "reason" in found ? passedOver.push(found) : tokens.push(found);
  for (const text of source.tokens ?? []) take(parseToken(text));
  for (const directory of source.directories ?? []) {
    for (const file of tokenFiles(directory, source.exclude, passedOver)) {
      const bytes = readSecret(file, passedOver);
      if (bytes === undefined) continue;
      for (const line of new TextDecoder().decode(bytes).split("\n")) {
        const text = line.trim();
        if (text !== "" && !text.startsWith("#")) take(parseToken(text, file));
      }
    }
  }
  return { tokens, passedOver };
}

function tokenFiles(
  directory: string,
  exclude: RegExp = defaultExclude,
  passedOver: PassedOver[],
): string[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter((e) => !e.isDirectory && !exclude.test(e.name))
      .map((e) => join(directory, e.name))
      .sort();
  } catch (error) {
    passedOver.push({ file: directory, reason: messageOf(error) });
    return [];
  }
}

/**
 * Reads a secret. As in HTCondor, the file must be readable by its owner only.
 */
function readSecret(
  file: string,
  passedOver: PassedOver[],
): Uint8Array | undefined {
  try {
    const { mode, uid, size, isFile } = Deno.statSync(file);
    const reason = !isFile
      ? "not a file"
      : size > longestFile
      ? "file is too long"
      : uid !== null && uid !== Deno.uid()
      ? "file belongs to another user"
      : mode !== null && (mode & 0o077) !== 0
      ? "file can be read by other users: chmod 600"
      : undefined;
    if (reason === undefined) return Deno.readFileSync(file);
    passedOver.push({ file, reason });
  } catch (error) {
    passedOver.push({ file, reason: messageOf(error) });
  }
  return undefined;
}

/**
 * Reads a signing key and unscrambles it.
 *
 * @param keyId The key's id. The key `POOL` has a file of its own.
 * @param source Where keys are.
 * @param passedOver Gets the reason if the key cannot be read.
 * @returns The key. The key of the pool is doubled, as HTCondor uses it.
 * Undefined if there is no such key or it cannot be read.
 */
export function readSigningKey(
  keyId: string,
  source: TokenSource,
  passedOver: PassedOver[] = [],
): Uint8Array | undefined {
  const isPool = keyId === "POOL";
  if (keyId.includes("/") || keyId.startsWith(".")) return undefined;
  const file = isPool && source.poolSigningKeyFile
    ? source.poolSigningKeyFile
    : source.passwordDirectory && join(source.passwordDirectory, keyId);
  if (!file) return undefined;
  const scrambled = readSecret(file, passedOver);
  if (scrambled === undefined || scrambled.length === 0) return undefined;
  const key = scramble(scrambled);
  return isPool ? new Uint8Array([...key, ...key]) : key;
}

/**
 * Reads a pool password and unscrambles it.
 *
 * @param file `SEC_PASSWORD_FILE`.
 * @param passedOver Gets the reason if the file cannot be read.
 * @returns The password up to the first NUL, or undefined if it cannot be read.
 */
export function readPassword(
  file: string,
  passedOver: PassedOver[] = [],
): Uint8Array | undefined {
  const bytes = readSecret(file, passedOver);
  if (bytes === undefined) return undefined;
  const password = scramble(upToNul(bytes));
  return upToNul(password);
}

function upToNul(bytes: Uint8Array): Uint8Array {
  const nul = bytes.indexOf(0);
  return nul < 0 ? bytes : bytes.subarray(0, nul);
}

/**
 * Scrambles or unscrambles the contents of a file with a secret, as HTCondor
 * does. The operation is its own inverse.
 *
 * @param bytes The bytes to scramble or unscramble.
 * @returns As many bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const secret = new TextEncoder().encode("secret");
 * assertEquals(scramble(scramble(secret)), secret);
 * ```
 */
export function scramble(bytes: Uint8Array): Uint8Array {
  const mask = [0xde, 0xad, 0xbe, 0xef];
  return bytes.map((byte, i) => byte ^ mask[i % mask.length]);
}

/**
 * Makes a token, as `condor_token_create` does.
 *
 * @param key The signing key, as `readSigningKey()` returns it.
 * @param claims Key id, issuer, subject, and lifetime in seconds.
 * @returns The token.
 */
export function signToken(
  key: Uint8Array,
  claims: {
    keyId: string;
    issuer: string;
    subject: string;
    lifetime: number;
    scopes?: readonly string[];
  },
): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "HS256", kid: claims.keyId };
  const payload: Record<string, unknown> = {
    exp: now + claims.lifetime,
    iat: now,
    iss: claims.issuer,
    jti: randomBytes(16).toString("hex"),
    sub: claims.subject,
  };
  if (claims.scopes) payload.scope = claims.scopes.join(" ");
  const body = `${encodeJson(header)}.${encodeJson(payload)}`;
  const jwtKey = hkdf(key, "htcondor", "master jwt", 32);
  const signature = createHmac("sha256", jwtKey).update(body)
    .digest("base64url");
  return `${body}.${signature}`;
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decodeJson(text: string): Record<string, unknown> | undefined {
  if (!/^[A-Za-z0-9_-]+=*$/.test(text)) return undefined;
  try {
    const value = JSON.parse(Buffer.from(text, "base64url").toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

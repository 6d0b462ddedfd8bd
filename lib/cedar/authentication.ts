/**
 * Choosing a method of authentication together with the server, and running
 * it. After `condor_io/authentication.cpp`.
 *
 * We send the bits of all methods that we can still try; the server answers
 * with one of them; when it fails, we send the rest; 0 means that none is left.
 *
 * @module
 */

import { anonymous, claimToBe } from "./auth/claimtobe.ts";
import {
  type AuthContext,
  type Authenticator,
  MethodError,
} from "./auth/authenticator.ts";
import { fs } from "./auth/fs.ts";
import { idTokens, password } from "./auth/idtokens.ts";
import { ssl } from "./auth/ssl.ts";
import {
  AuthenticationError,
  CedarProtocolError,
  CedarTimeout,
  CedarUnsupportedError,
  type MethodFailure,
  PeerClosedError,
} from "./errors.ts";
import type { ReliSock } from "./reli_sock.ts";

const authenticators: readonly Authenticator[] = [
  fs,
  idTokens,
  password,
  ssl,
  claimToBe,
  anonymous,
];

/** Methods that HTCondor has and we have not. */
const unsupported: Readonly<Record<string, string>> = {
  FS_REMOTE: "a shared file system's FS is not supported",
  KERBEROS: "Kerberos is not supported",
  MUNGE: "Munge is not supported",
  NTSSPI: "Windows authentication is not supported",
  SCITOKENS: "SciTokens are not supported",
  GSI: "GSI is not supported",
};

/** Who we are after authentication. */
export interface Authenticated {
  /** The method that succeeded. */
  method: string;
  /** Who the peer is, where the method tells. */
  peerName?: string;
  /** Which methods failed before. */
  failures: readonly MethodFailure[];
}

/**
 * HTCondor's usual name for a method.
 *
 * @param name Any of its names, in any case.
 * @returns The name in capitals; `IDTOKENS` for TOKEN, TOKENS and IDTOKEN.
 */
export function methodName(name: string): string {
  const upper = name.trim().toUpperCase();
  return ["TOKEN", "TOKENS", "IDTOKEN"].includes(upper) ? "IDTOKENS" : upper;
}

/**
 * Authenticates with the methods on which both sides agree.
 *
 * @param sock The connection.
 * @param agreed The methods of the server's answer (`AuthMethodsList`).
 * @param context What is known before authentication.
 * @returns The method that succeeded.
 * @throws {AuthenticationError} If none does.
 */
export async function authenticate(
  sock: ReliSock,
  agreed: readonly string[],
  context: AuthContext,
): Promise<Authenticated> {
  const failures: MethodFailure[] = [];
  let left = await usable(agreed, context, failures);
  for (;;) {
    const chosen = await choose(sock, left, failures);
    if (chosen === undefined) throw outOfMethods(agreed, failures, context);
    try {
      const { peerName } = await chosen.authenticate(sock, context);
      await receiveKey(sock, chosen.name, context);
      return { method: chosen.name, peerName, failures };
    } catch (error) {
      if (!(error instanceof MethodError)) {
        throw withMethod(error, chosen.name, failures, context);
      }
      failures.push(failureOf(chosen.name, error));
      left = left.filter((a) => a !== chosen);
    }
  }
}

/** What can be tried; the reasons of the others are put into `failures`. */
async function usable(
  agreed: readonly string[],
  context: AuthContext,
  failures: MethodFailure[],
): Promise<Authenticator[]> {
  const found: Authenticator[] = [];
  for (const name of new Set(agreed.map(methodName))) {
    const authenticator = authenticators.find((a) => a.name === name);
    if (authenticator === undefined) {
      failures.push({
        method: name,
        reason: unsupported[name] ?? "the method is not known",
      });
      continue;
    }
    const obstacle = await authenticator.unusable?.(context);
    if (obstacle) failures.push(failureOf(name, obstacle));
    else found.push(authenticator);
  }
  return found;
}

async function choose(
  sock: ReliSock,
  left: readonly Authenticator[],
  failures: readonly MethodFailure[],
): Promise<Authenticator | undefined> {
  sock.writer.putInt(left.reduce((bits, a) => bits | a.bit, 0)).endOfMessage();
  let answer: number;
  try {
    answer = await sock.reader.getInt();
    await sock.reader.endOfMessage();
  } catch (error) {
    // HTCondor presumes the same: the server hung up as no method is left.
    if (error instanceof PeerClosedError && failures.length > 0) {
      return undefined;
    }
    throw error;
  }
  if (answer === 0) return undefined;
  const chosen = left.find((a) => a.bit === answer);
  if (chosen === undefined) {
    throw new CedarProtocolError(
      `server chose a method that we did not offer: ${answer}`,
    );
  }
  return chosen;
}

/** With a key exchange in the negotiation there is no key to receive here. */
async function receiveKey(
  { reader }: ReliSock,
  method: string,
  context: AuthContext,
): Promise<void> {
  let hasKey: number;
  try {
    hasKey = await reader.getInt();
    await reader.endOfMessage();
  } catch (cause) {
    if (!(cause instanceof CedarTimeout)) throw cause;
    // A server that rejects our name at the very end has no way to say so.
    throw new AuthenticationError(
      `server does not go on after our proof by ${method}`,
      {
        code: "AUTHENTICATE:1004",
        failures: [{ method, reason: "server is silent after our proof" }],
        subject: context.address.toString(),
        remedy: "look at the daemon's log for DC_AUTHENTICATE and PW:",
        cause,
      },
    );
  }
  if (hasKey !== 0) {
    throw new CedarUnsupportedError(
      "server sends a session key instead of exchanging one",
      { remedy: "HTCondor before 9.0 is not supported" },
    );
  }
}

function failureOf(method: string, error: MethodError): MethodFailure {
  return {
    method,
    reason: error.message,
    code: error.code,
    remedy: error.remedy,
  };
}

function outOfMethods(
  agreed: readonly string[],
  failures: readonly MethodFailure[],
  context: AuthContext,
): AuthenticationError {
  const reasons = failures.map((f) => `${f.method}: ${f.reason}`).join("; ");
  return new AuthenticationError(
    `authentication failed: ${
      reasons || `server takes none of ${agreed.join(", ")}`
    }`,
    {
      code: "AUTHENTICATE:1003",
      failures,
      subject: context.address.toString(),
      remedy: failures.find((f) => f.remedy)?.remedy ??
        "look at SEC_CLIENT_AUTHENTICATION_METHODS here and SEC_DEFAULT_AUTHENTICATION_METHODS there",
    },
  );
}

/** A cut connection in the middle of a method: say which. */
function withMethod(
  error: unknown,
  method: string,
  failures: MethodFailure[],
  context: AuthContext,
): unknown {
  if (!(error instanceof PeerClosedError)) return error;
  failures.push({ method, reason: "server closed the connection" });
  return new AuthenticationError(
    `server closed the connection during authentication by ${method}`,
    {
      code: "AUTHENTICATE:1004",
      failures,
      subject: context.address.toString(),
      remedy: "look at the daemon's log for DC_AUTHENTICATE",
      cause: error,
    },
  );
}

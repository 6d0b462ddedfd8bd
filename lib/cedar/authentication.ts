/**
 * Chooses a method of authentication together with the server, and runs it. The
 * code follows `condor_io/authentication.cpp`.
 *
 * We send the bits of all methods that we can still try. The server answers
 * with one of them. If that method fails, we send the remaining ones. An answer
 * of 0 means that no method is left.
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

/**
 * The methods of HTCondor that this library does not have, with the reason to
 * report.
 */
const unsupported: Readonly<Record<string, string>> = {
  FS_REMOTE: "a shared file system's FS is not supported",
  KERBEROS: "Kerberos is not supported",
  MUNGE: "Munge is not supported",
  NTSSPI: "Windows authentication is not supported",
  SCITOKENS: "SciTokens are not supported",
  GSI: "GSI is not supported",
};

/** The result of a successful authentication. */
export interface Authenticated {
  /** The method that succeeded. */
  method: string;
  /** The peer's name, if the method reports it. */
  peerName?: string;
  /** The methods that failed before. */
  failures: readonly MethodFailure[];
}

/**
 * Returns HTCondor's usual name for a method.
 *
 * @param name Any name of the method, in any case.
 * @returns The name in capitals. TOKEN, TOKENS and IDTOKEN become `IDTOKENS`.
 */
export function methodName(name: string): string {
  const upper = name.trim().toUpperCase();
  return ["TOKEN", "TOKENS", "IDTOKEN"].includes(upper) ? "IDTOKENS" : upper;
}

/**
 * Authenticates with the methods on which both sides agree.
 *
 * @param sock The connection.
 * @param agreed The methods in the server's answer (`AuthMethodsList`).
 * @param context What is known before authentication.
 * @returns The method that succeeded.
 * @throws {AuthenticationError} If no method succeeds.
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

/**
 * Returns the methods that can be tried. The reasons why others cannot be tried
 * are added to `failures`.
 */
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
    // The server may close the connection because no method is left. HTCondor's
    // own client assumes the same.
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

/**
 * Receives the session key that older servers send. After a key exchange there
 * must be none.
 */
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
    // A server that rejects our name at the very end cannot report it.
    throw new AuthenticationError(
      `no answer from the server after authentication by ${method}`,
      {
        code: "AUTHENTICATE:1004",
        failures: [{ method, reason: "no answer after our proof" }],
        subject: context.address.toString(),
        remedy: "check the daemon's log for DC_AUTHENTICATE and PW:",
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
      reasons || `the server accepts none of ${agreed.join(", ")}`
    }`,
    {
      code: "AUTHENTICATE:1003",
      failures,
      subject: context.address.toString(),
      remedy: failures.find((f) => f.remedy)?.remedy ??
        "compare SEC_CLIENT_AUTHENTICATION_METHODS here with SEC_DEFAULT_AUTHENTICATION_METHODS there",
    },
  );
}

/**
 * If the connection was closed during a method, returns an error that names it.
 * Other errors are returned unchanged.
 */
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
      remedy: "check the daemon's log for DC_AUTHENTICATE",
      cause: error,
    },
  );
}

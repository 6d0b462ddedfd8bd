/**
 * The interface of an authentication method.
 *
 * @module
 */

import type { SecurityPolicy } from "../policy.ts";
import type { ReliSock } from "../reli_sock.ts";
import type { Sinful } from "../sinful.ts";

/** What is known before authentication. */
export interface AuthContext {
  /** Our policy. */
  policy: SecurityPolicy;
  /** The address that we connected to. */
  address: Sinful;
  /** The peer's trust domain, as the peer reported it in the negotiation. */
  trustDomain?: string;
  /** The ids of the keys that sign the peer's tokens. */
  issuerKeys?: readonly string[];
  /** The peer's version, such as `$CondorVersion: 23.9.6 …`. */
  peerVersion?: string;
}

/** The result of a method that succeeded. */
export interface AuthOutcome {
  /** The peer's name, if the method reports it. */
  peerName?: string;
}

/** The client side of an authentication method. */
export interface Authenticator {
  /** HTCondor's name for the method, such as `IDTOKENS`. */
  readonly name: string;
  /**
   * HTCondor's bit for the method in the handshake
   * (`condor_includes/condor_auth.h`).
   */
  readonly bit: number;
  /**
   * Returns why the method cannot be tried, or undefined if it can. A method
   * that cannot be tried is not offered to the server.
   *
   * @param context What is known before authentication.
   */
  unusable?(
    context: AuthContext,
  ): MethodError | undefined | Promise<MethodError | undefined>;
  /**
   * Authenticates.
   *
   * @param sock The connection.
   * @param context What is known before authentication.
   * @throws {MethodError} If the method failed but the connection can still be
   * used, so that another method can be tried.
   */
  authenticate(sock: ReliSock, context: AuthContext): Promise<AuthOutcome>;
}

/** Thrown if a method failed but the connection can still be used. */
export class MethodError extends Error {
  override name = "MethodError";
  /** HTCondor's code, such as `FS:1000`. */
  readonly code?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /**
   * Makes the error.
   *
   * @param message What failed.
   * @param options HTCondor's code, the remedy, and the cause.
   */
  constructor(
    message: string,
    options?: ErrorOptions & { code?: string; remedy?: string },
  ) {
    super(message, options);
    this.code = options?.code;
    this.remedy = options?.remedy;
  }
}

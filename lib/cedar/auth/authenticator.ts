/**
 * What a method of authentication is.
 *
 * @module
 */

import type { SecurityPolicy } from "../policy.ts";
import type { ReliSock } from "../reli_sock.ts";
import type { Sinful } from "../sinful.ts";

/** What a method may want to know. */
export interface AuthContext {
  /** Our policy. */
  policy: SecurityPolicy;
  /** The address that we connected to. */
  address: Sinful;
  /** The peer's trust domain, as it said in the negotiation. */
  trustDomain?: string;
  /** The ids of the keys with which the peer's tokens are signed. */
  issuerKeys?: readonly string[];
  /** The peer's version, such as `$CondorVersion: 23.9.6 …`. */
  peerVersion?: string;
}

/** A method that succeeded. */
export interface AuthOutcome {
  /** Who the peer is, where the method tells. */
  peerName?: string;
}

/** A method of authentication, client side. */
export interface Authenticator {
  /** HTCondor's name, such as `IDTOKENS`. */
  readonly name: string;
  /** HTCondor's bit in the handshake (`condor_includes/condor_auth.h`). */
  readonly bit: number;
  /**
   * Why the method cannot be tried at all, if so: it is then not offered.
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
   * @throws {MethodError} If the method failed and the connection still works,
   *   so that another method can be tried.
   */
  authenticate(sock: ReliSock, context: AuthContext): Promise<AuthOutcome>;
}

/** A method failed, and the connection is still in step. */
export class MethodError extends Error {
  override name = "MethodError";
  /** HTCondor's code, such as `FS:1000`. */
  readonly code?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /**
   * Makes one.
   *
   * @param message What happened.
   * @param options HTCondor's code, what to do, and the cause.
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

/**
 * The errors of this library, as classes that a caller can tell apart.
 *
 * Every error has a `message`, which says what failed. It may have a `subject`
 * (what it failed on: an address, a file, a method) and a `remedy` (what to do,
 * with the name of HTCondor's configuration knob).
 *
 * @module
 */

/** The options of all errors of this library. */
export interface CedarErrorOptions extends ErrorOptions {
  /** What the error is about: an address, a file, an attribute. */
  subject?: string;
  /**
   * What to do about it. If a configuration knob is responsible, it is named.
   */
  remedy?: string;
}

/**
 * The base class of all errors of this library.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const error = new CedarError("no answer", { subject: "<127.0.0.1:9618>" });
 * assertEquals(error.subject, "<127.0.0.1:9618>");
 * ```
 */
export class CedarError extends Error {
  /** The name of the class. */
  override name = "CedarError";
  /** What the error is about: an address, a file, an attribute. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /**
   * Makes the error.
   *
   * @param message What failed, without the address and without a full stop.
   * @param options Subject, remedy and cause.
   */
  constructor(message: string, options?: CedarErrorOptions) {
    super(message, options);
    this.subject = options?.subject;
    this.remedy = options?.remedy;
  }
}

/** Thrown if a text is not an address in HTCondor's syntax. */
export class SinfulSyntaxError extends CedarError {
  /** The name of the class. */
  override name = "SinfulSyntaxError";
}

/** Thrown if no connection could be made: refused, no route, name not found. */
export class CedarConnectError extends CedarError {
  /** The name of the class. */
  override name = "CedarConnectError";
}

/** Thrown if the peer did not connect, answer or accept our bytes in time. */
export class CedarTimeout extends CedarError {
  /** The name of the class. */
  override name = "CedarTimeout";
}

/** Thrown if the peer closed the connection in the middle of a conversation. */
export class PeerClosedError extends CedarError {
  /** The name of the class. */
  override name = "PeerClosedError";
}

/** Thrown if the peer's data is not CEDAR, or exceeds the limits. */
export class CedarProtocolError extends CedarError {
  /** The name of the class. */
  override name = "CedarProtocolError";
}

/**
 * Thrown if the peer needs a feature of HTCondor that this library does not
 * have.
 */
export class CedarUnsupportedError extends CedarError {
  /** The name of the class. */
  override name = "CedarUnsupportedError";
}

/** Thrown if client and server have no security policy that both accept. */
export class PolicyError extends CedarError {
  /** The name of the class. */
  override name = "PolicyError";
}

/** Thrown if the peer does not authorize us to run the command. */
export class PeerDeniedError extends CedarError {
  /** The name of the class. */
  override name = "PeerDeniedError";
  /** The peer's answer: `DENIED`, `CMD_NOT_FOUND` and others. */
  readonly returnCode: string;
  /** The user as whom the peer knows us, such as `alice@example.org`. */
  readonly user?: string;

  /**
   * Makes the error.
   *
   * @param message What failed.
   * @param options Return code and user as the peer sent them; subject, remedy
   * and cause.
   */
  constructor(
    message: string,
    options: CedarErrorOptions & { returnCode: string; user?: string },
  ) {
    super(message, options);
    this.returnCode = options.returnCode;
    this.user = options.user;
  }
}

/** Thrown if the peer does not know the session that we wanted to resume. */
export class SessionUnknownError extends CedarError {
  /** The name of the class. */
  override name = "SessionUnknownError";
}

/** Why one method of authentication failed. */
export interface MethodFailure {
  /** HTCondor's name of the method, such as `IDTOKENS`. */
  method: string;
  /** What happened. */
  reason: string;
  /** HTCondor's code, such as `AUTHENTICATE:1004`, where there is one. */
  code?: string;
  /** What to do about it. */
  remedy?: string;
}

/** Thrown if none of the authentication methods succeeded. */
export class AuthenticationError extends CedarError {
  /** The name of the class. */
  override name = "AuthenticationError";
  /**
   * HTCondor's code for the failure, such as `AUTHENTICATE:1003` (out of
   * methods).
   */
  readonly code: string;
  /** Why each method failed, in the order in which they were tried. */
  readonly failures: readonly MethodFailure[];

  /**
   * Makes the error.
   *
   * @param message What failed.
   * @param options Code and failures; subject, remedy and cause.
   */
  constructor(
    message: string,
    options: CedarErrorOptions & {
      code?: string;
      failures?: readonly MethodFailure[];
    } = {},
  ) {
    super(message, options);
    this.code = options.code ?? "AUTHENTICATE:1003";
    this.failures = options.failures ?? [];
  }
}

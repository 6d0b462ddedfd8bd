/**
 * What can go wrong on the wire, as classes that a caller can tell apart.
 *
 * Every error carries `message` (what went wrong), and may carry `subject`
 * (with what: an address, a file, a method) and `remedy` (what to do, by the
 * name of HTCondor's configuration knob).
 *
 * @module
 */

/** The options of all errors of this library. */
export interface CedarErrorOptions extends ErrorOptions {
  /** With what it went wrong: an address, a file, an attribute. */
  subject?: string;
  /** What to do about it, naming the configuration knob where there is one. */
  remedy?: string;
}

/**
 * The base of all errors of this library.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const error = new CedarError("no answer", { subject: "<127.0.0.1:9618>" });
 * assertEquals(error.subject, "<127.0.0.1:9618>");
 * ```
 */
export class CedarError extends Error {
  /** The class, for messages. */
  override name = "CedarError";
  /** With what it went wrong: an address, a file, an attribute. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /**
   * Makes the error.
   *
   * @param message What went wrong, without address and without full stop.
   * @param options Subject, remedy and cause.
   */
  constructor(message: string, options?: CedarErrorOptions) {
    super(message, options);
    this.subject = options?.subject;
    this.remedy = options?.remedy;
  }
}

/** The text is not an address as HTCondor writes them. */
export class SinfulSyntaxError extends CedarError {
  /** The class, for messages. */
  override name = "SinfulSyntaxError";
}

/** No connection could be made: refused, no route, name not found. */
export class CedarConnectError extends CedarError {
  /** The class, for messages. */
  override name = "CedarConnectError";
}

/** The peer did not connect, answer or take our bytes in time. */
export class CedarTimeout extends CedarError {
  /** The class, for messages. */
  override name = "CedarTimeout";
}

/** The peer closed the connection in the middle of a conversation. */
export class PeerClosedError extends CedarError {
  /** The class, for messages. */
  override name = "PeerClosedError";
}

/** What the peer sent is not CEDAR, or exceeds the limits set for it. */
export class CedarProtocolError extends CedarError {
  /** The class, for messages. */
  override name = "CedarProtocolError";
}

/** The peer wants something that HTCondor has and this library has not. */
export class CedarUnsupportedError extends CedarError {
  /** The class, for messages. */
  override name = "CedarUnsupportedError";
}

/** Client and server found no security policy that both accept. */
export class PolicyError extends CedarError {
  /** The class, for messages. */
  override name = "PolicyError";
}

/** The peer knows us and does not authorize the command. */
export class PeerDeniedError extends CedarError {
  /** The class, for messages. */
  override name = "PeerDeniedError";
  /** What the peer answered: `DENIED`, `CMD_NOT_FOUND` … */
  readonly returnCode: string;
  /** The user as whom the peer knows us, such as `alice@example.org`. */
  readonly user?: string;

  /**
   * Makes the error.
   *
   * @param message What went wrong.
   * @param options Return code and user as the peer sent them, and the rest.
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

/** The peer does not know the session that we wanted to resume. */
export class SessionUnknownError extends CedarError {
  /** The class, for messages. */
  override name = "SessionUnknownError";
}

/** Why one method of authentication did not succeed. */
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

/** None of the methods of authentication succeeded. */
export class AuthenticationError extends CedarError {
  /** The class, for messages. */
  override name = "AuthenticationError";
  /** HTCondor's code of the whole: `AUTHENTICATE:1003` (out of methods) … */
  readonly code: string;
  /** Why each method failed, in the order in which they were tried. */
  readonly failures: readonly MethodFailure[];

  /**
   * Makes the error.
   *
   * @param message What went wrong.
   * @param options Code and failures, and the rest.
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

/** Details of an error besides its message. */
export interface CondorErrorOptions extends ErrorOptions {
  /** What the error is about: a daemon, a knob, a job. */
  readonly subject?: string;
  /**
   * What to do about it. If a configuration knob is responsible, it is named.
   */
  readonly remedy?: string;
}

/**
 * The base class of the errors of this folder. Failures of the wire protocol
 * itself are a `CedarError`.
 */
export class CondorError extends Error {
  /** The name of the class. */
  override name = "CondorError";
  /** What the error is about. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /** Makes the error. `message` says what failed, without the subject. */
  constructor(message: string, options: CondorErrorOptions = {}) {
    super(message, options);
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

/** Thrown if the host's configuration cannot be read or contradicts itself. */
export class ConfigurationError extends CondorError {
  /** The name of the class. */
  override name = "ConfigurationError";
}

/** Thrown if the configuration or the collector leads to no daemon. */
export class LocateError extends CondorError {
  /** The name of the class. */
  override name = "LocateError";
}

/** Thrown if a daemon did not accept a command. */
export class DaemonError extends CondorError {
  /** The name of the class. */
  override name = "DaemonError";
}

/** Thrown if the schedd refused a request or could not carry it out. */
export class ScheddError extends CondorError {
  /** The name of the class. */
  override name = "ScheddError";
  /** The schedd's error number: an errno, or a number of its own. */
  readonly code: number | undefined;

  /** Makes the error. `message` says what failed, without the subject. */
  constructor(
    message: string,
    options: CondorErrorOptions & { readonly code?: number } = {},
  ) {
    super(message, options);
    this.code = options.code;
  }
}

/** What may be said about an error besides its message. */
export interface CondorErrorOptions extends ErrorOptions {
  /** With what: a daemon, a knob, a job. */
  readonly subject?: string;
  /** What to do about it, by the knob's name where there is one. */
  readonly remedy?: string;
}

/** The base of the errors of this folder. What goes wrong on the wire itself is a `CedarError`. */
export class CondorError extends Error {
  /** Tells the errors apart. */
  override name = "CondorError";
  /** With what it went wrong. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /** `message` says what went wrong, without its subject. */
  constructor(message: string, options: CondorErrorOptions = {}) {
    super(message, options);
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

/** The host's configuration cannot be read or contradicts itself. */
export class ConfigurationError extends CondorError {
  /** Tells the errors apart. */
  override name = "ConfigurationError";
}

/** No daemon was found where the configuration or the collector says. */
export class LocateError extends CondorError {
  /** Tells the errors apart. */
  override name = "LocateError";
}

/** A daemon did not take a command. */
export class DaemonError extends CondorError {
  /** Tells the errors apart. */
  override name = "DaemonError";
}

/** The schedd refused or could not do what it was asked. */
export class ScheddError extends CondorError {
  /** Tells the errors apart. */
  override name = "ScheddError";
  /** The schedd's error number: an errno or a code of its own. */
  readonly code: number | undefined;

  /** `message` says what was refused. */
  constructor(
    message: string,
    options: CondorErrorOptions & { readonly code?: number } = {},
  ) {
    super(message, options);
    this.code = options.code;
  }
}

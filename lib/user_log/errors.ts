/** What a {@linkcode UserLogError} can be made with. */
export interface UserLogErrorOptions extends ErrorOptions {
  /** With what it went wrong: a file, an event, an offset. */
  readonly subject?: string;
  /** What the reader of the message can do. */
  readonly remedy?: string;
}

/**
 * The one error that this folder throws. `message` says what went wrong,
 * `subject` with what, `remedy` what to do; `cause` holds the error behind it.
 */
export class UserLogError extends Error {
  /** With what it went wrong. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /** An error about a user log. */
  constructor(message: string, options: UserLogErrorOptions = {}) {
    super(message, options);
    this.name = "UserLogError";
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

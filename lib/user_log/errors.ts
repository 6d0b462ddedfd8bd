/** What a {@linkcode UserLogError} can be made with. */
export interface UserLogErrorOptions extends ErrorOptions {
  /** The file, event or offset that the error is about. */
  readonly subject?: string;
  /** What the reader of the message can do. */
  readonly remedy?: string;
}

/**
 * The only error that this library throws. `message` says what went wrong,
 * `subject` names the file or event, and `remedy` says what to do. `cause` holds
 * the error that led to this one.
 */
export class UserLogError extends Error {
  /** The file, event or offset that the error is about. */
  readonly subject?: string;
  /** What the reader of the message can do. */
  readonly remedy?: string;

  /** Makes an error about a user log. */
  constructor(message: string, options: UserLogErrorOptions = {}) {
    super(message, options);
    this.name = "UserLogError";
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

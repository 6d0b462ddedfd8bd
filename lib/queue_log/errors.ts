/** The options of a {@linkcode QueueLogError}. */
export interface QueueLogErrorOptions extends ErrorOptions {
  /** What the error is about: a file, a line, a value. */
  readonly subject?: string;
  /** What the user can do about it. */
  readonly remedy?: string;
}

/**
 * The base class of all errors that this folder throws. `message` says what
 * failed, `subject` what it is about, `remedy` what to do. `cause` is the
 * original error, if there is one.
 */
export class QueueLogError extends Error {
  /** What the error is about. */
  readonly subject?: string;
  /** What the user can do about it. */
  readonly remedy?: string;

  /** An error about a queue log. */
  constructor(message: string, options: QueueLogErrorOptions = {}) {
    super(message, options);
    this.name = "QueueLogError";
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

/**
 * Thrown for a record that the schedd cannot read. A torn end is not damage:
 * after a crash, a log can end inside a record or inside a transaction.
 */
export class QueueLogDamage extends QueueLogError {
  /** The offset of the bad record in the file, in bytes. */
  readonly offset: number;
  /**
   * What a schedd would do: refuse to start, or drop the record and everything
   * after it.
   */
  readonly effect: "refuse" | "drop";

  /** Damage at `offset`. */
  constructor(
    message: string,
    offset: number,
    effect: "refuse" | "drop",
    options: QueueLogErrorOptions = {},
  ) {
    super(message, options);
    this.name = "QueueLogDamage";
    this.offset = offset;
    this.effect = effect;
  }
}

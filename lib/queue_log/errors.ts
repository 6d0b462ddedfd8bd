/** What a {@linkcode QueueLogError} can be made with. */
export interface QueueLogErrorOptions extends ErrorOptions {
  /** With what it went wrong: a file, a line, a value. */
  readonly subject?: string;
  /** What the reader of the message can do. */
  readonly remedy?: string;
}

/**
 * The one error that this folder throws. `message` says what went wrong,
 * `subject` with what, `remedy` what to do; `cause` holds the error behind it.
 */
export class QueueLogError extends Error {
  /** With what it went wrong. */
  readonly subject?: string;
  /** What to do about it. */
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
 * A record that the schedd cannot read, with where it stands. Torn tails are
 * not damage: a log that ends inside a record or inside a transaction is what
 * a crash leaves behind.
 */
export class QueueLogDamage extends QueueLogError {
  /** Where in the file, in bytes, the bad record begins. */
  readonly offset: number;
  /** Whether a schedd would refuse to start, or drop what follows. */
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

/**
 * The errors of this library.
 *
 * @module
 */

/** Details of an error besides its message. */
export interface ClassAdErrorOptions extends ErrorOptions {
  /** What the error is about: a name, a value, or a part of the text. */
  readonly subject?: string;
  /** What the user can do about it. */
  readonly remedy?: string;
}

/** The base class of all errors that this library throws. */
export class ClassAdError extends Error {
  /** What the error is about: a name, a value, or a part of the text. */
  readonly subject?: string;
  /** What the user can do about it. */
  readonly remedy?: string;

  /** Makes the error. `message` says what failed. */
  constructor(message: string, options?: ClassAdErrorOptions) {
    super(message, options);
    this.name = "ClassAdError";
    this.subject = options?.subject;
    this.remedy = options?.remedy;
  }
}

/** Thrown for a text that is not a ClassAd, or not a ClassAd expression. */
export class ClassAdSyntaxError extends ClassAdError {
  /** The offset of the error in the text, in UTF-16 units. */
  readonly offset: number;

  /** Makes the error. `offset` counts UTF-16 units from the start of the text. */
  constructor(message: string, offset: number, options?: ClassAdErrorOptions) {
    super(message, options);
    this.name = "ClassAdSyntaxError";
    this.offset = offset;
  }
}

/**
 * Returns the error for an offset of a text. Its subject is the text at that
 * offset.
 */
export function syntaxErrorAt(
  message: string,
  text: string,
  offset: number,
): ClassAdSyntaxError {
  const found = text.slice(offset, offset + 20).replace(/\s+/g, " ");
  return new ClassAdSyntaxError(
    `${message} at character ${offset + 1}`,
    offset,
    { subject: found === "" ? "end of the text" : found },
  );
}

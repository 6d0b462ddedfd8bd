/**
 * The errors of this library.
 *
 * @module
 */

/** What an error may carry besides its message. */
export interface ClassAdErrorOptions extends ErrorOptions {
  /** What the error is about: a name, a value, a part of the text. */
  readonly subject?: string;
  /** What the reader can do about it. */
  readonly remedy?: string;
}

/** Any error that this library throws. */
export class ClassAdError extends Error {
  /** What the error is about. */
  readonly subject?: string;
  /** What can be done about it. */
  readonly remedy?: string;

  /** `message` says what went wrong. */
  constructor(message: string, options?: ClassAdErrorOptions) {
    super(message, options);
    this.name = "ClassAdError";
    this.subject = options?.subject;
    this.remedy = options?.remedy;
  }
}

/** A text that is no ClassAd, or no ClassAd expression. */
export class ClassAdSyntaxError extends ClassAdError {
  /** Where in the text, in UTF-16 units from its start. */
  readonly offset: number;

  /** `offset` is counted in UTF-16 units of the text that was parsed. */
  constructor(message: string, offset: number, options?: ClassAdErrorOptions) {
    super(message, options);
    this.name = "ClassAdSyntaxError";
    this.offset = offset;
  }
}

/** Makes the error for a place in a text, showing what stands there. */
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

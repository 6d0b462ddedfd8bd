/** What an error says besides its message. */
export interface LumberjackErrorOptions extends ErrorOptions {
  /** What it is about: the file, the job, the expression. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/**
 * Lumberjack could not do what it was asked to do, and nothing is half-done. The
 * command line prints the message, its subject and its remedy in one line.
 *
 * @example
 * ```ts
 * import { LumberjackError, Selection } from "../../mod.ts";
 * import { assertInstanceOf } from "@std/assert";
 *
 * try {
 *   new Selection({ constraint: "Owner ==" });
 * } catch (error) {
 *   assertInstanceOf(error, LumberjackError);
 *   // `constraint does not parse: Owner ==: …`, as the command line says it.
 *   console.log([error.message, error.subject, error.remedy].join(": "));
 * }
 * ```
 */
export class LumberjackError extends Error {
  /** What it is about: the file, the job, the expression. */
  readonly subject?: string;
  /** What to do about it. */
  readonly remedy?: string;

  /** `message` says what went wrong, without its subject. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "LumberjackError";
    this.subject = options.subject;
    this.remedy = options.remedy;
  }
}

/** The constraint does not parse or may not be used, or an id is malformed. */
export class SelectionError extends LumberjackError {
  /** The exit status of the contract for wrong usage. */
  readonly exitStatus = 2;

  /** `message` says what is wrong with the selection. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "SelectionError";
  }
}

/** The output directory cannot take the export. */
export class OutputDirectoryError extends LumberjackError {
  /** `message` says why. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "OutputDirectoryError";
  }
}

/** A manifest.json is missing or damaged, or its reader cannot use it. */
export class ManifestError extends LumberjackError {
  /** `message` says what is wrong with the manifest. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "ManifestError";
  }
}

/** A returned log cannot be imported. */
export class ReturnedLogError extends LumberjackError {
  /** `message` says why. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "ReturnedLogError";
  }
}

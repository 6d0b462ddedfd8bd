import { LumberjackError } from "../../error.ts";
import type { Json } from "./service.ts";

/** The longest text that is taken over from an owner's process. */
const longestText = 4096;

/** Returns an error as it travels from the owner's process to ours. */
export function describeFailure(error: unknown): Json {
  if (!(error instanceof Error)) return { message: String(error) };
  const { subject, remedy, code } = error as {
    subject?: unknown;
    remedy?: unknown;
    code?: unknown;
  };
  return {
    message: shortened(error.message),
    ...(typeof subject === "string" ? { subject: shortened(subject) } : {}),
    ...(typeof remedy === "string" ? { remedy: shortened(remedy) } : {}),
    ...(typeof code === "string" ? { code } : {}),
  };
}

/**
 * An error that a service threw, in the owner's process or in this one.
 */
export class ServiceError extends LumberjackError {
  /** The system's name for the error (`ENOSPC`), if it has one. */
  readonly code?: string;

  /** `message` says what went wrong. */
  constructor(
    message: string,
    options: ErrorOptions & {
      subject?: string;
      remedy?: string;
      code?: string;
    } = {},
  ) {
    super(message, options);
    this.name = "ServiceError";
    this.code = options.code;
  }
}

/**
 * Makes an error of what {@linkcode describeFailure} returned. The owner can
 * write anything there: other fields and control characters are left out.
 */
export function failureFrom(value: unknown, cause?: unknown): ServiceError {
  const fields = (typeof value === "object" && value !== null ? value : {}) as {
    readonly [name: string]: unknown;
  };
  const text = (name: string): string | undefined => {
    const field = fields[name];
    return typeof field === "string" ? shortened(field) : undefined;
  };
  return new ServiceError(text("message") ?? "the owner's process failed", {
    subject: text("subject"),
    remedy: text("remedy"),
    code: text("code"),
    cause,
  });
}

function shortened(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what must not be there
  return text.slice(0, longestText).replace(/[\x00-\x1f\x7f]+/g, " ");
}

import { LumberjackError, type LumberjackErrorOptions } from "../error.ts";

/** The remote side cannot take, run or pack an export. */
export class RemoteError extends LumberjackError {
  /** `message` says what is wrong. */
  constructor(message: string, options: LumberjackErrorOptions = {}) {
    super(message, options);
    this.name = "RemoteError";
  }
}

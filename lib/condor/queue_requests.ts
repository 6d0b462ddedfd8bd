/**
 * The requests of the queue-management protocol, and the error for a denied
 * change.
 *
 * @module
 */
import { ScheddError } from "./errors.ts";

/**
 * The numbers of the requests that we use
 * (`condor_includes/qmgmt_constants.h`).
 */
export const Request = {
  destroyProc: 10005,
  getAttributeInt: 10009,
  getAttributeString: 10010,
  deleteAttribute: 10012,
  getJobAd: 10018,
  setAttributeByConstraint: 10021,
  getAllJobsByConstraint: 10026,
  setAttribute2: 10027,
  beginTransaction: 10023,
  abortTransaction: 10024,
  closeSocket: 10028,
  commitTransaction: 10031,
} as const;

/**
 * `SetAttribute_NoAck` (`condor_qmgr.h`): the schedd reports errors only with
 * the commit. Flags are an unsigned char, one byte on the wire.
 */
export const noAck = new Uint8Array([2]);

/** `SetAttribute_QueryOnly`: only asks whether the change is allowed. */
export const queryOnly = new Uint8Array([32]);

/** The values of errno on Linux. */
export const errno = { ENOENT: 2, EACCES: 13, EINVAL: 22 } as const;

/**
 * The key of an ad in the queue: a job, a cluster ad (proc −1), or the header
 * ad 0.0.
 */
export interface QueueKey {
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot. */
  readonly proc: number;
}

/** An attribute to read. */
export interface AttributeRequest extends QueueKey {
  /** The name of the attribute. */
  readonly name: string;
  /** The type in which the schedd sends the value. */
  readonly type: "integer" | "string";
}

/** Returns the error for a schedd that does not allow us to change jobs. */
export function mayNotChange(
  schedd: string,
  user: string | undefined,
): ScheddError {
  return new ScheddError(
    `the schedd does not let ${user ?? "nobody"} change these jobs`,
    {
      code: errno.EACCES,
      subject: schedd,
      remedy:
        "only the job's owner and QUEUE_SUPER_USERS may: run this as one of them, or select only your own jobs (export --owner)",
    },
  );
}

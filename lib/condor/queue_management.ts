import type {
  CommandConnection,
  MessageReader,
  PeerInfo,
  WireAd,
} from "../cedar/mod.ts";
import { ScheddError } from "./errors.ts";

/** The requests that we use (`condor_includes/qmgmt_constants.h`). */
const Request = {
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
 * `SetAttribute_NoAck` (`condor_qmgr.h`): errors come with the commit. Flags are
 * an unsigned char, one byte on the wire.
 */
const noAck = new Uint8Array([2]);

/** `SetAttribute_QueryOnly`: is it allowed? */
const queryOnly = new Uint8Array([32]);

/** The values of errno on Linux. */
export const errno = { ENOENT: 2, EACCES: 13, EINVAL: 22 } as const;

/** A job, or a cluster ad with proc −1, or the header ad 0.0. */
export interface QueueKey {
  /** The number before the dot. */
  readonly cluster: number;
  /** The number after the dot. */
  readonly proc: number;
}

/** One attribute that is asked for. */
export interface AttributeRequest extends QueueKey {
  /** The attribute. */
  readonly name: string;
  /** As what its value is to be sent. */
  readonly type: "integer" | "string";
}

/**
 * A queue-management connection (`condor_schedd.V6/qmgmt_receivers.cpp`). One
 * transaction is open from the start; closing the connection without a commit
 * drops it.
 *
 * While a connection with write access is open the schedd serves nobody else
 * (`handle_q` loops until it ends). That makes what is read and what is written
 * on it one atomic step, and it makes every wait of ours a wait of the whole
 * pool: requests are sent together and answers read together.
 */
export class QueueManagement {
  /** Who is on the other side, and as whom it knows us. */
  readonly peer: PeerInfo;
  readonly #connection: CommandConnection;
  readonly #schedd: string;
  #unanswered = 0;
  #begins = 0;
  #isWriting = false;
  #started: number | undefined;
  #walking = 0;

  /** `schedd` is its name, for messages. */
  constructor(connection: CommandConnection, schedd: string) {
    this.#connection = connection;
    this.#schedd = schedd;
    this.peer = connection.peer;
  }

  /**
   * Starts the transaction afresh; to be called first, on a connection with
   * write access, and once.
   *
   * Up to 24.3 the schedd keeps the error of whichever client failed last in a
   * variable of its own, and without one it drops ours: then a commit succeeds
   * that made no changes, or fails for what another did. To begin a transaction
   * mends both. But one is open already, and to begin a second one ends the
   * schedd (`ASSERT` in `ClassAdLog::BeginTransaction`): so that one goes first.
   */
  begin(): void {
    const writer = this.#connection.send();
    writer.putInt(Request.abortTransaction).endOfMessage();
    writer.putInt(Request.beginTransaction).endOfMessage();
    this.#begins = 2;
    this.#isWriting = true;
  }

  /** Starts the next transaction, after a commit. */
  beginNext(): void {
    this.#connection.send().putInt(Request.beginTransaction).endOfMessage();
    this.#begins = 1;
  }

  /**
   * For how long the schedd has been busy with this connection, in
   * milliseconds: since its first answer. Before that it may have been busy
   * with others.
   */
  get elapsed(): number {
    return this.#started === undefined ? 0 : performance.now() - this.#started;
  }

  /** For how much of that it was walking its queue (`getJobs`). */
  get walking(): number {
    return this.#walking;
  }

  /**
   * Reads attributes, of the committed queue and the transaction so far.
   *
   * @returns In the order asked for; undefined where the job is gone, has no
   *   such attribute, or its value is of another type.
   */
  async getAttributes(
    requests: readonly AttributeRequest[],
  ): Promise<(number | string | undefined)[]> {
    const writer = this.#connection.send();
    for (const { cluster, proc, name, type } of requests) {
      writer.putInt(
        type === "integer"
          ? Request.getAttributeInt
          : Request.getAttributeString,
      ).putInt(cluster).putInt(proc).putString(name).endOfMessage();
    }
    const reader = await this.#answers();
    const values: (number | string | undefined)[] = [];
    for (const { type } of requests) {
      const result = await reader.getInt();
      if (result < 0) {
        await reader.getInt();
        values.push(undefined);
      } else {
        values.push(
          type === "integer" ? await reader.getInt() : await reader.getString(),
        );
      }
      await reader.endOfMessage();
    }
    return values;
  }

  /**
   * Reads whole ads; proc −1 asks for the cluster ad. Private attributes are
   * left out. Of jobs only on a connection for reading: see `getJobs`.
   *
   * @returns In the order asked for; undefined where there is none.
   */
  async *getAds(
    keys: readonly QueueKey[],
  ): AsyncGenerator<WireAd | undefined> {
    const writer = this.#connection.send();
    for (const { cluster, proc } of keys) {
      writer.putInt(Request.getJobAd).putInt(cluster).putInt(proc)
        .endOfMessage();
    }
    const reader = await this.#answers();
    for (let left = keys.length; left > 0; left--) {
      let ad: WireAd | undefined;
      if (await reader.getInt() < 0) await reader.getInt();
      else ad = await reader.getClassAd();
      await reader.endOfMessage();
      yield ad;
    }
  }

  /**
   * Reads jobs, as they were committed. The schedd walks its whole queue for it,
   * a microsecond a job and ten for each that is meant: ask for many at once.
   *
   * Unlike `getAds`, which on a connection for writing expands `$$(NAME)` as for
   * a match, and puts a job on hold that has none (`dollarDollarExpand`).
   *
   * @param projection The attributes; those that they refer to come as well.
   */
  async *getJobs(
    constraint: string,
    projection: readonly string[],
  ): AsyncGenerator<WireAd> {
    this.#connection.send().putInt(Request.getAllJobsByConstraint)
      .putString(constraint).putString(projection.join(" ")).endOfMessage();
    const reader = await this.#answers();
    const began = performance.now();
    while (await reader.getInt() >= 0) yield await reader.getClassAd();
    await reader.getInt();
    await reader.endOfMessage();
    this.#walking += performance.now() - began;
  }

  /**
   * Sets an attribute. Whether the schedd allows it is told by the commit,
   * which fails as a whole if it does not, or if the job is gone.
   *
   * @param value An expression in old syntax, on one line, not empty.
   */
  setAttribute({ cluster, proc }: QueueKey, name: string, value: string): void {
    this.#connection.send().putInt(Request.setAttribute2).putInt(cluster)
      .putInt(proc).putString(value).putString(name).putBytes(noAck)
      .endOfMessage();
  }

  /**
   * Asks whether an attribute of these jobs may be set to a value, and does not
   * set it. The schedd asks who owns the job: its owner may, and the users in
   * QUEUE_SUPER_USERS may (`UserCheck2` in qmgmt.cpp).
   *
   * @returns In the order asked for. `absent`: no such job, or the value is not
   *   possible.
   */
  async maySet(
    keys: readonly QueueKey[],
    name: string,
    value: string,
  ): Promise<("allowed" | "denied" | "absent")[]> {
    const writer = this.#connection.send();
    for (const { cluster, proc } of keys) {
      writer.putInt(Request.setAttribute2).putInt(cluster).putInt(proc)
        .putString(value).putString(name).putBytes(queryOnly).endOfMessage();
    }
    const reader = await this.#answers();
    const answers: ("allowed" | "denied" | "absent")[] = [];
    for (let left = keys.length; left > 0; left--) {
      const isAllowed = await reader.getInt() >= 0;
      const code = isAllowed ? 0 : Math.abs(await reader.getInt());
      await reader.endOfMessage();
      answers.push(
        isAllowed ? "allowed" : code === errno.EACCES ? "denied" : "absent",
      );
    }
    return answers;
  }

  /**
   * Sets an attribute of all jobs for which an expression is true. The schedd
   * walks its whole queue for it, and looks at the queue as it was before this
   * transaction: several attributes with one constraint reach the same jobs.
   *
   * @returns How many jobs; the changes take effect with the commit.
   * @throws {ScheddError} If the schedd refused; then drop the connection.
   */
  async setAttributeByConstraint(
    constraint: string,
    name: string,
    value: string,
  ): Promise<number> {
    this.#connection.send().putInt(Request.setAttributeByConstraint)
      .putString(constraint).putString(value).putString(name).endOfMessage();
    const reader = await this.#answers();
    const count = await reader.getInt();
    const code = count < 0 ? await reader.getInt() : 0;
    await reader.endOfMessage();
    if (count >= 0) return count;
    if (code === errno.ENOENT) return 0;
    throw this.#denied(code);
  }

  /**
   * Lets the schedd begin on what was sent so far. Worth it now and then in a
   * long row of changes: it works while the next ones are made.
   */
  flush(): Promise<void> {
    return this.#connection.flush();
  }

  /** Takes an attribute away; that there was none is no error. */
  deleteAttribute({ cluster, proc }: QueueKey, name: string): void {
    this.#connection.send().putInt(Request.deleteAttribute).putInt(cluster)
      .putInt(proc).putString(name).endOfMessage();
    this.#unanswered++;
  }

  /**
   * Takes a completed job out of the queue and into the history, unless it has
   * to wait there (`LeaveJobInQueue`). The schedd looks at the job as it was
   * committed, and puts off one that has no `JobFinishedHookDone`.
   */
  destroyProc({ cluster, proc }: QueueKey): void {
    this.#connection.send().putInt(Request.destroyProc).putInt(cluster)
      .putInt(proc).endOfMessage();
    this.#unanswered++;
  }

  /**
   * Commits, durably: when this returns, the changes and all that the schedd
   * logged before them are in its job_queue.log, on the disk.
   *
   * @throws {ScheddError} If the schedd refused a change; then none was made.
   */
  async commit(): Promise<void> {
    const writer = this.#connection.send();
    writer.putInt(Request.commitTransaction).putInt(0).endOfMessage();
    const reader = await this.#answers();
    for (; this.#unanswered > 0; this.#unanswered--) {
      if (await reader.getInt() < 0) {
        const code = await reader.getInt();
        if (code === errno.EACCES) throw this.#denied(code);
      }
      await reader.endOfMessage();
    }
    if (await reader.getInt() >= 0) return await reader.skipMessage();
    const code = Math.abs(await reader.getInt());
    const reason = await reader.atEnd()
      ? undefined
      : (await reader.getClassAd()).string("ErrorReason");
    await reader.endOfMessage();
    throw this.#denied(code, reason);
  }

  /**
   * Tells the schedd that this was all, and closes. An error that we left behind
   * is dropped first: it would be held against the next client (see `begin`).
   */
  async close(): Promise<void> {
    try {
      if (this.#isWriting) {
        this.#connection.send().putInt(Request.abortTransaction).endOfMessage();
      }
      this.#connection.send().putInt(Request.closeSocket).endOfMessage();
      await this.#connection.flush();
    } catch {
      // It is closed already, which says the same.
    }
    this.#connection.close();
  }

  /** Closes; what was not committed is dropped. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /** The reader, once what comes before the next answer is read. */
  async #answers(): Promise<MessageReader> {
    const reader = this.#connection.receive();
    for (; this.#begins > 0; this.#begins--) {
      await reader.getInt();
      this.#started ??= performance.now();
      await reader.endOfMessage();
    }
    return reader;
  }

  #denied(code: number, reason?: string): ScheddError {
    const schedd = reason ? `${this.#schedd} (${reason.trim()})` : this.#schedd;
    if (code === errno.EACCES) {
      return mayNotChange(schedd, this.peer.authenticatedUser);
    }
    return new ScheddError("the schedd did not make the changes", {
      code,
      subject: schedd,
      remedy: code === errno.ENOENT
        ? "a job left the queue meanwhile: try again"
        : "see SCHEDD_LOG",
    });
  }
}

/** What to say of a schedd, and its reason, that lets us change nothing. */
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
        "only a job's owner and QUEUE_SUPER_USERS may: run this as one of them, or name your own jobs only (export --owner)",
    },
  );
}

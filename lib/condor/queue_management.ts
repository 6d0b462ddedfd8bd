import type {
  CommandConnection,
  MessageReader,
  PeerInfo,
  WireAd,
} from "../cedar/mod.ts";
import { ScheddError } from "./errors.ts";
import {
  type AttributeRequest,
  errno,
  mayNotChange,
  noAck,
  queryOnly,
  type QueueKey,
  Request,
} from "./queue_requests.ts";

/**
 * A queue-management connection (`condor_schedd.V6/qmgmt_receivers.cpp`). A
 * transaction is open from the start. If the connection is closed without a
 * commit, the schedd drops the transaction.
 *
 * While a connection with write access is open, the schedd serves nobody else
 * (`handle_q` loops until the connection ends). All reads and writes on it are
 * therefore one atomic step. But the whole pool waits whenever this client
 * waits. Requests are therefore sent together, and their answers are read
 * together.
 */
export class QueueManagement {
  /** The schedd, and the user as whom it knows us. */
  readonly peer: PeerInfo;
  readonly #connection: CommandConnection;
  readonly #schedd: string;
  #unanswered = 0;
  #begins = 0;
  #isWriting = false;
  #started: number | undefined;
  #walking = 0;

  /** Wraps a connection. `schedd` is the schedd's name, for error messages. */
  constructor(connection: CommandConnection, schedd: string) {
    this.#connection = connection;
    this.#schedd = schedd;
    this.peer = connection.peer;
  }

  /**
   * Starts a new transaction. It has to be called first and once, on a
   * connection with write access.
   *
   * The schedd up to 24.3 keeps the error of the last client that failed in a
   * variable. If there is no such error, it drops ours. As a result a commit can
   * succeed without making a change, or fail because of another client.
   * Beginning a transaction corrects both. But a transaction is open already,
   * and a second one would end the schedd (`ASSERT` in
   * `ClassAdLog::BeginTransaction`). So the open one is aborted first.
   */
  begin(): void {
    const writer = this.#connection.send();
    writer.putInt(Request.abortTransaction).endOfMessage();
    writer.putInt(Request.beginTransaction).endOfMessage();
    this.#begins = 2;
    this.#isWriting = true;
  }

  /** Starts the next transaction after a commit. */
  beginNext(): void {
    this.#connection.send().putInt(Request.beginTransaction).endOfMessage();
    this.#begins = 1;
  }

  /**
   * How long the schedd has been busy with this connection, in milliseconds.
   * The time counts from its first answer, because before that the schedd may
   * have been busy with others.
   */
  get elapsed(): number {
    return this.#started === undefined ? 0 : performance.now() - this.#started;
  }

  /**
   * How much of that time the schedd was walking its queue for `getJobs`, in
   * milliseconds.
   */
  get walking(): number {
    return this.#walking;
  }

  /**
   * Reads attributes, from the committed queue and the current transaction.
   *
   * @returns The values in the order of the requests. A value is undefined if
   * the job is gone, has no such attribute, or the value has another type.
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
   * Reads complete ads. Proc −1 reads the cluster ad. Private attributes are
   * not included. Job ads may only be read on a read connection: see `getJobs`.
   *
   * @returns The ads in the order of the keys, or undefined if there is no such
   * ad.
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
   * Reads jobs as they were last committed. The schedd walks its whole queue,
   * which takes a microsecond for each job and ten for each job that matches.
   * Read many jobs at once.
   *
   * On a write connection use this function and not `getAds`. There `getAds`
   * expands `$$(NAME)` as for a match, and puts a job on hold if the job has no
   * match (`dollarDollarExpand`).
   *
   * @param projection The attributes to read. The attributes that they refer to
   * are included too.
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
   * Sets an attribute. The commit reports whether the schedd allows it. If it
   * does not, or if the job is gone, the whole commit fails.
   *
   * @param value An expression in old syntax, on one line, not empty.
   */
  setAttribute({ cluster, proc }: QueueKey, name: string, value: string): void {
    this.#connection.send().putInt(Request.setAttribute2).putInt(cluster)
      .putInt(proc).putString(value).putString(name).putBytes(noAck)
      .endOfMessage();
  }

  /**
   * Asks whether an attribute of these jobs may be set to a value, without
   * setting it. The schedd allows it for the job's owner and for the users in
   * QUEUE_SUPER_USERS (`UserCheck2` in qmgmt.cpp).
   *
   * @returns The answers in the order of the keys. `absent` means that there is
   * no such job, or that the value is not possible.
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
   * walks its whole queue, and evaluates the expression in the queue as it was
   * before this transaction. Several attributes with the same constraint
   * therefore reach the same jobs.
   *
   * @returns The number of jobs. The changes take effect with the commit.
   * @throws {ScheddError} If the schedd refuses. The connection must then be
   * closed.
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
   * Sends the requests so far, so that the schedd can begin with them. In a
   * long series of changes it works while we make the next requests.
   */
  flush(): Promise<void> {
    return this.#connection.flush();
  }

  /** Deletes an attribute. It is no error if the job does not have it. */
  deleteAttribute({ cluster, proc }: QueueKey, name: string): void {
    this.#connection.send().putInt(Request.deleteAttribute).putInt(cluster)
      .putInt(proc).putString(name).endOfMessage();
    this.#unanswered++;
  }

  /**
   * Moves a completed job from the queue to the history, unless the job has to
   * stay (`LeaveJobInQueue`). The schedd uses the job as it was last committed.
   * A job without `JobFinishedHookDone` is moved later.
   */
  destroyProc({ cluster, proc }: QueueKey): void {
    this.#connection.send().putInt(Request.destroyProc).putInt(cluster)
      .putInt(proc).endOfMessage();
    this.#unanswered++;
  }

  /**
   * Commits durably. When this function returns, the changes and everything
   * that the schedd logged before them are on the disk in job_queue.log.
   *
   * @throws {ScheddError} If the schedd refused a change. Then no change was
   * made.
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
   * Tells the schedd that there are no more requests, and closes the
   * connection. An error of this connection is removed first, because the
   * schedd would report it to the next client (see `begin`).
   */
  async close(): Promise<void> {
    try {
      if (this.#isWriting) {
        this.#connection.send().putInt(Request.abortTransaction).endOfMessage();
      }
      this.#connection.send().putInt(Request.closeSocket).endOfMessage();
      await this.#connection.flush();
    } catch {
      // The connection is already closed, which the schedd understands as well.
    }
    this.#connection.close();
  }

  /** Closes the connection. Changes that were not committed are dropped. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /**
   * Reads the answers that come before the next one, and returns the reader.
   */
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
        ? "a job has left the queue in the meantime: try again"
        : "check the schedd's log (SCHEDD_LOG)",
    });
  }
}

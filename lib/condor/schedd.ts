import {
  CedarError,
  type CommandConnection,
  type PeerInfo,
  SecurityContext,
  Sinful,
  startCommand,
  type WireAd,
} from "../cedar/mod.ts";
import { quote } from "./collector.ts";
import {
  DC_NOP_READ,
  DC_NOP_WRITE,
  EXPORT_JOBS,
  IMPORT_EXPORTED_JOB_RESULTS,
  QMGMT_READ_CMD,
  QMGMT_WRITE_CMD,
  QUERY_JOB_ADS,
  RESCHEDULE,
  UNEXPORT_JOBS,
} from "./commands.ts";
import { remedyFor } from "./denied.ts";
import { ScheddError } from "./errors.ts";
import type { ScheddLocation } from "./local_schedd.ts";
import { QueueManagement } from "./queue_management.ts";
import { mayNotChange } from "./queue_requests.ts";

/** A query for job ads. */
export interface JobQuery {
  /** The expression that selects the jobs. */
  readonly constraint: string;
  /** The attributes to return. By default all are returned. */
  readonly projection?: readonly string[];
  /** The largest number of ads to return. */
  readonly limit?: number;
  /** Whether to return cluster ads instead of job ads. */
  readonly clusters?: boolean;
}

/** The schedd's answer to its own export or import. */
export interface JobsResult {
  /** The number of jobs. */
  readonly jobs: number;
  /** The file that EXPORT_JOBS wrote. */
  readonly log?: string;
  /** The complete answer. */
  readonly answer: WireAd;
}

/**
 * A running schedd and its commands. Each call makes a connection of its own.
 * The first one negotiates a security session, which the later ones resume.
 */
export class Schedd {
  /** The schedd's name, or its address if the name is not known. */
  readonly name: string;
  /** The schedd's address. */
  readonly location: ScheddLocation;
  readonly #address: Sinful;
  readonly #security: SecurityContext;

  /** Makes the object. Nothing is connected yet. */
  constructor(location: ScheddLocation, security: SecurityContext) {
    this.location = location;
    this.name = location.name;
    this.#address = Sinful.parse(location.address);
    this.#security = security;
  }

  /**
   * Connects and authenticates, without doing anything else.
   *
   * @param access The permission that the schedd has to check.
   * @returns The schedd, and the user as whom it knows us.
   * @throws {ScheddError} If the schedd cannot be reached or refuses.
   */
  async hello(access: "READ" | "WRITE"): Promise<PeerInfo> {
    using connection = await this.#start(
      access === "READ" ? DC_NOP_READ : DC_NOP_WRITE,
    );
    return connection.peer;
  }

  /**
   * Queries job ads. The schedd answers from a forked child or in small steps,
   * so it can serve others at the same time. Each ad includes the attributes of
   * the cluster ad. Private attributes are not included.
   *
   * @throws {ScheddError} If the schedd rejects the query.
   */
  async *queryJobs(query: JobQuery): AsyncGenerator<WireAd> {
    using connection = await this.#start(QUERY_JOB_ADS);
    const ad: [string, string][] = [
      ["MyType", '"Query"'],
      ["TargetType", '"Job"'],
      ["Requirements", query.constraint],
      ["SendServerTime", "false"],
    ];
    if (query.projection) {
      ad.push(["Projection", quote(query.projection.join(" "))]);
    }
    if (query.limit !== undefined) {
      ad.push(["LimitResults", String(query.limit)]);
    }
    if (query.clusters) {
      ad.push(["IncludeClusterAd", "true"], ["NoProcAds", "true"]);
    }
    connection.send().putClassAd(ad).endOfMessage();
    const reader = connection.receive();
    for (;;) {
      const job = await reader.getClassAd();
      await reader.endOfMessage();
      // In the last ad, Owner is a number.
      if (job.integer("Owner") === 0) return requireQueryDone(job);
      yield job;
    }
  }

  /**
   * Opens a queue-management connection. With write access, the schedd does
   * nothing else until the connection is closed. Prepare everything before.
   *
   * @throws {ScheddError} If the schedd cannot be reached or refuses.
   */
  async manageQueue(access: "read" | "write"): Promise<QueueManagement> {
    const command = access === "write" ? QMGMT_WRITE_CMD : QMGMT_READ_CMD;
    const queue = new QueueManagement(await this.#start(command), this.name);
    if (access === "write") queue.begin();
    return queue;
  }

  /**
   * Asks the schedd to find matches for its jobs soon, as condor_reschedule
   * does. A schedd of 25.x accepts the command but ignores it: it asks the
   * negotiator without being told (`external_reschedule_request` in
   * schedd.cpp).
   */
  async reschedule(): Promise<void> {
    using _connection = await this.#start(RESCHEDULE);
  }

  /**
   * Runs the schedd's own export of complete clusters. The schedd is blocked
   * until the log is written. It writes the log as the jobs' owner.
   *
   * @throws {ScheddError} If the schedd refuses.
   */
  async exportJobs(request: {
    readonly clusters: readonly number[];
    readonly exportDir: string;
    readonly newSpoolDir: string;
  }): Promise<JobsResult> {
    await this.#requireMayChange(request.clusters);
    return await this.#act(EXPORT_JOBS, [
      selectionOf(request.clusters),
      ["ExportDir", quote(request.exportDir)],
      ["NewSpoolDir", quote(request.newSpoolDir)],
    ]);
  }

  /**
   * Runs the schedd's own import. The user as whom the schedd knows us must be
   * able to read and write the folder. The user must have jobs there; before 25
   * root may do it too. The schedd crashes for any other user.
   *
   * @throws {ScheddError} If the schedd refuses.
   */
  async importExportedJobResults(folder: string): Promise<JobsResult> {
    return await this.#act(IMPORT_EXPORTED_JOB_RESULTS, [
      ["ExportDir", quote(folder)],
    ]);
  }

  /**
   * Undoes the schedd's own export: complete clusters are no longer managed
   * externally.
   *
   * @throws {ScheddError} If the schedd refuses.
   */
  async unexportJobs(clusters: readonly number[]): Promise<JobsResult> {
    await this.#requireMayChange(clusters);
    return await this.#act(UNEXPORT_JOBS, [
      selectionOf(clusters),
    ]);
  }

  /**
   * Checks that we may change the jobs. If a user who never had a job in the
   * queue asks for another user's jobs, the schedd crashes while it answers
   * (`user->Name()` in `ExportJobs` and similar functions).
   */
  async #requireMayChange(clusters: readonly number[]): Promise<void> {
    const jobs = this.queryJobs({
      constraint: selectionOf(clusters)[1],
      projection: ["ClusterId", "ProcId"],
      limit: 1,
    });
    for await (const job of jobs) {
      const cluster = job.integer("ClusterId") ?? 0;
      const proc = job.integer("ProcId") ?? 0;
      using queue = await this.manageQueue("write");
      const key = { cluster, proc };
      const [answer] = await queue.maySet([key], "Managed", "false");
      await queue.close();
      if (answer !== "allowed") {
        throw mayNotChange(this.name, queue.peer.authenticatedUser);
      }
    }
  }

  async #act(
    command: number,
    request: readonly (readonly [string, string])[],
  ): Promise<JobsResult> {
    using connection = await this.#start(command);
    connection.send().putClassAd(request.map(([n, v]) => [n, v]))
      .endOfMessage();
    const answer = await this.#answer(connection, command);
    if (answer.integer("ActionResult") !== 1) {
      throw new ScheddError(
        `the schedd refused (${answer.string("ErrorString") ?? "no reason"})`,
        { subject: this.name, code: answer.integer("ErrorCode") },
      );
    }
    return {
      jobs: answer.integer("TotalJobAds") ?? 0,
      log: answer.string("Log"),
      answer,
    };
  }

  async #answer(
    connection: CommandConnection,
    command: number,
  ): Promise<WireAd> {
    const reader = connection.receive();
    try {
      const answer = await reader.getClassAd();
      await reader.endOfMessage();
      return answer;
    } catch (error) {
      throw explain(error, this, command);
    }
  }

  async #start(command: number): Promise<CommandConnection> {
    try {
      return await startCommand(this.#address, command, {
        security: this.#security,
      });
    } catch (error) {
      throw explain(error, this, command);
    }
  }
}

/**
 * Returns a constraint that selects clusters. It is evaluated on cluster ads.
 * The list `ActionIds` would be simpler, but a schedd before 25 crashes if it
 * names a cluster that has left the queue.
 */
function selectionOf(clusters: readonly number[]): [string, string] {
  return ["ActionConstraint", `member(ClusterId, {${clusters.join(", ")}})`];
}

function requireQueryDone(last: WireAd): void {
  const code = last.integer("ErrorCode") ?? 0;
  if (code === 0) return;
  throw new ScheddError(
    `the schedd rejects the query (${
      last.string("ErrorString") ?? `error ${code}`
    })`,
    { code },
  );
}

/**
 * Adds the schedd's name to an error. The address alone would not help a user
 * who has given a name.
 */
function explain(error: unknown, schedd: Schedd, command: number): unknown {
  if (!(error instanceof CedarError)) return error;
  const refused = error.name === "CedarConnectError" ||
    error.name === "PeerClosedError";
  return new ScheddError(`cannot talk to the schedd (${error.message})`, {
    cause: error,
    subject: error.subject === undefined || error.subject === schedd.name
      ? schedd.name
      : `${schedd.name} at ${error.subject}`,
    remedy: remedyFor(error, command) ??
      (refused
        ? "check that condor_schedd is running (condor_status -schedd, SCHEDD_LOG)"
        : undefined),
  });
}

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
import { mayNotChange, QueueManagement } from "./queue_management.ts";

/** What to ask for of the jobs. */
export interface JobQuery {
  /** An expression that the jobs have to satisfy. */
  readonly constraint: string;
  /** The attributes wanted; all of them without. */
  readonly projection?: readonly string[];
  /** At most so many ads. */
  readonly limit?: number;
  /** Cluster ads instead of jobs. */
  readonly clusters?: boolean;
}

/** What the schedd's own export and import answer. */
export interface JobsResult {
  /** How many jobs. */
  readonly jobs: number;
  /** The file that EXPORT_JOBS wrote. */
  readonly log?: string;
  /** All that it answered. */
  readonly answer: WireAd;
}

/**
 * A running schedd, and what it can be asked to do. Every call is a connection
 * of its own; the first negotiates a security session that the others resume.
 */
export class Schedd {
  /** Its name where it is known, else its address. */
  readonly name: string;
  /** Where it is. */
  readonly location: ScheddLocation;
  readonly #address: Sinful;
  readonly #security: SecurityContext;

  /** Nothing is connected yet. */
  constructor(location: ScheddLocation, security: SecurityContext) {
    this.location = location;
    this.name = location.name;
    this.#address = Sinful.parse(location.address);
    this.#security = security;
  }

  /**
   * Says hello.
   *
   * @param access What the schedd shall check that we may.
   * @returns Who is there, and as whom it knows us.
   * @throws {CedarError} If it cannot be reached, or does not let us in.
   */
  async hello(access: "READ" | "WRITE"): Promise<PeerInfo> {
    using connection = await this.#start(
      access === "READ" ? DC_NOP_READ : DC_NOP_WRITE,
    );
    return connection.peer;
  }

  /**
   * Asks for job ads. The schedd answers from a forked child, or in slices:
   * it stays free for others. What a proc ad inherits from its cluster ad is in
   * the answer, private attributes are not.
   *
   * @throws {ScheddError} If the schedd does not like the query.
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
      // The last ad is told by an Owner that is no name.
      if (job.integer("Owner") === 0) return requireQueryDone(job);
      yield job;
    }
  }

  /**
   * Opens a queue-management connection. With write access the schedd does
   * nothing else until it is closed: have everything ready before.
   *
   * @throws {CedarError} If the schedd does not let us in.
   */
  async manageQueue(access: "read" | "write"): Promise<QueueManagement> {
    const command = access === "write" ? QMGMT_WRITE_CMD : QMGMT_READ_CMD;
    const queue = new QueueManagement(await this.#start(command), this.name);
    if (access === "write") queue.begin();
    return queue;
  }

  /**
   * Asks the schedd to find matches for its jobs soon, as condor_reschedule
   * does. That of 25 takes it and does nothing: it asks the negotiator by itself
   * (`external_reschedule_request` in schedd.cpp).
   */
  async reschedule(): Promise<void> {
    using _connection = await this.#start(RESCHEDULE);
  }

  /**
   * The schedd's own export of whole clusters. It blocks the schedd until the
   * log is written, and writes it as the jobs' owner.
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
   * The schedd's own import, from a folder that we, as whom it knows us, can
   * read and write. Only for a user who has jobs there, or root before 25: the
   * schedd dies of any other.
   *
   * @throws {ScheddError} If the schedd refuses.
   */
  async importExportedJobResults(folder: string): Promise<JobsResult> {
    return await this.#act(IMPORT_EXPORTED_JOB_RESULTS, [
      ["ExportDir", quote(folder)],
    ]);
  }

  /**
   * The schedd's own way back: takes whole clusters out of managed state.
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
   * Asked by a user who never had a job there for the jobs of another, the
   * schedd dies of its answer (`user->Name()` in `ExportJobs` and its like).
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
 * Clusters as a constraint, which is evaluated on cluster ads: given the number
 * of a cluster that has left the queue (`ActionIds`), a schedd before 25 dies.
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

/** An address alone says little to whoever typed a name. */
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
        ? "is condor_schedd running? (condor_status -schedd, SCHEDD_LOG)"
        : undefined),
  });
}

import type { QueueManagement, Schedd } from "../../../condor/mod.ts";
import { ScheddBatch } from "./batch.ts";

/**
 * Changes a schedd's queue in bounded batches, each on a queue-management
 * connection of its own. The schedd serves nobody else while such a connection
 * is open (`handle_q` in condor_schedd.V6/qmgmt.cpp), so a batch is short, and
 * other clients get their turn between two batches.
 */
export class ScheddConnections {
  readonly #schedd: Schedd;
  readonly #batch = new ScheddBatch();

  /** Connects to this schedd when there is work to do. */
  constructor(schedd: Schedd) {
    this.#schedd = schedd;
  }

  /**
   * Runs `work` on the items, batch by batch and in order.
   *
   * @param items What to work on.
   * @param cost How many requests an item takes.
   * @param work Sends the requests of one batch and commits them.
   */
  async inBatches<T>(
    items: Iterable<T>,
    cost: (item: T) => number,
    work: (queue: QueueManagement, batch: readonly T[]) => Promise<void>,
  ): Promise<void> {
    let batch: T[] = [];
    let requests = 0;
    let isFirst = true;
    const run = async () => {
      if (!isFirst) await this.#batch.leaveToOthers();
      isFirst = false;
      using queue = await this.#schedd.manageQueue("write");
      await work(queue, batch);
      this.#batch.took(requests, queue.elapsed, queue.walking);
      await queue.close();
      batch = [];
      requests = 0;
    };
    for (const item of items) {
      batch.push(item);
      requests += cost(item);
      if (requests >= this.#batch.requests) await run();
    }
    if (batch.length > 0) await run();
  }
}

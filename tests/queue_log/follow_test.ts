import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  follow,
  type FollowEvent,
  type FollowOptions,
  QueueLogDamage,
  QueueLogError,
} from "../../lib/queue_log/mod.ts";

const log = "107 1 CreationTimestamp 1700000000\n101 1.0 Job Machine\n" +
  "103 1.0 JobStatus 1\n";

/** A log that is followed while a test changes it. */
class Followed implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync();
  readonly path = join(this.#folder, "job_queue.log");
  readonly #stop = new AbortController();
  #events: AsyncGenerator<FollowEvent, void, void> | undefined;

  constructor(text = log) {
    Deno.writeTextFileSync(this.path, text);
  }

  start(options: FollowOptions = {}): Promise<void> {
    this.#events = follow(this.path, {
      interval: 5,
      signal: this.#stop.signal,
      ...options,
    });
    // The first call opens the file and finds its end.
    this.#next = this.#events.next();
    return new Promise((resolve) => setTimeout(resolve, 30));
  }

  #next: Promise<IteratorResult<FollowEvent, void>> | undefined;

  append(text: string): void {
    Deno.writeTextFileSync(this.path, text, { append: true });
  }

  rotate(text: string): void {
    Deno.writeTextFileSync(this.path + ".tmp", text);
    Deno.renameSync(this.path + ".tmp", this.path);
  }

  /** Returns the next event in a short form. */
  async event(): Promise<unknown> {
    const { value } = await (this.#next ?? this.#events!.next());
    this.#next = undefined;
    const event = value as FollowEvent;
    if (event.type !== "transaction") return event;
    return [
      ...event.records.map((r) =>
        r.op === 103
          ? `${r.key} ${r.name} ${new TextDecoder().decode(r.value)}`
          : `${r.op} ${"key" in r ? r.key : ""}`
      ),
      ...(event.comment === undefined ? [] : [`#${event.comment}`]),
    ];
  }

  /**
   * Stops following. Returns true if the events have ended without an error.
   */
  async stop(): Promise<boolean> {
    this.#stop.abort();
    const { done } = await (this.#next ?? this.#events!.next());
    return done === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#events?.return(undefined);
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

Deno.test("follow() gives a transaction only when it has ended", async () => {
  await using followed = new Followed();
  await followed.start();
  followed.append("105 \n103 1.0 JobStatus 2\n103 1.0 Rem");
  await new Promise((resolve) => setTimeout(resolve, 30));
  followed.append('oteHost "node"\n106 #started\n103 1.0 A 1\n');
  assertEquals(await followed.event(), [
    "1.0 JobStatus 2",
    '1.0 RemoteHost "node"',
    "#started",
  ]);
  assertEquals(await followed.event(), ["1.0 A 1"]);
});

Deno.test("follow() with fromStart begins with the records that the log holds already", async () => {
  await using followed = new Followed();
  await followed.start({ fromStart: true });
  assertEquals(await followed.event(), ["101 1.0"]);
  assertEquals(await followed.event(), ["1.0 JobStatus 1"]);
});

Deno.test("follow() gives a transaction that was open when it began", async () => {
  await using followed = new Followed(log + "105 \n103 1.0 A 1\n");
  await followed.start();
  followed.append("103 1.0 B 2\n106 \n");
  assertEquals(await followed.event(), ["1.0 A 1", "1.0 B 2"]);
});

Deno.test("follow() reads the old file to its end, then says what changed in the rotated log", async () => {
  await using followed = new Followed();
  await followed.start();
  followed.append("103 1.0 JobStatus 2\n");
  followed.rotate(
    "107 2 CreationTimestamp 1700000000\n101 1.0 Job Machine\n" +
      "103 1.0 JobStatus 2\n103 1.0 A 7\n",
  );
  assertEquals(await followed.event(), ["1.0 JobStatus 2"]);
  assertEquals(await followed.event(), {
    type: "rotated",
    sequence: 2,
    changes: [{
      key: "1.0",
      change: "changed",
      type: "Job",
      attributes: [{ name: "A", before: undefined, after: "7" }],
    }],
  });
  followed.append("102 1.0\n");
  assertEquals(await followed.event(), ["102 1.0"]);
});

Deno.test("follow() starts again if the log was rewritten in place", async () => {
  await using followed = new Followed();
  await followed.start();
  Deno.writeTextFileSync(
    followed.path,
    "107 9 CreationTimestamp 1\n101 2.0 Job Machine\n",
  );
  assertEquals(await followed.event(), { type: "reset" });
  assertEquals(await followed.event(), ["101 2.0"]);
});

Deno.test("follow() ends if its signal is aborted", async () => {
  await using followed = new Followed();
  await followed.start();
  assertEquals(await followed.stop(), true);
});

Deno.test("follow() throws an error if there is no log or a record is damaged", async () => {
  await assertRejects(
    () => follow("/no/such/job_queue.log").next(),
    QueueLogError,
    "no such queue log",
  );
  await using followed = new Followed();
  await followed.start();
  followed.append("nonsense here\n");
  await assertRejects(() => followed.event(), QueueLogDamage);
});

Deno.test("follow() can be ended while it reads what is already in a large log", async () => {
  const records = 200_000;
  await using followed = new Followed(log + "103 1.0 A 7\n".repeat(records));
  const stop = new AbortController();
  let seen = 0;
  const events = follow(followed.path, {
    fromStart: true,
    signal: stop.signal,
  });
  for await (const _ of events) {
    if (seen++ === 0) setTimeout(() => stop.abort());
  }
  assert(seen > 0 && seen < records, `${seen}`);
});

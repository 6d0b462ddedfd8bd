import { assert, assertEquals } from "@std/assert";
import { Pool, poolTest, roots } from "./harness/mod.ts";
import {
  CedarError,
  SecurityContext,
  Sinful,
  startCommand,
  type Timeouts,
} from "../../lib/cedar/mod.ts";

/**
 * What the proxy does with the connection after the last frame that it passes.
 */
type Fate = "cut" | "silence";

/** Passes a number of frames between a client and a daemon. */
class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.Conn[] = [];
  readonly #running: Promise<void>;
  #left: number;

  constructor(target: number, frames: number, fate: Fate) {
    this.port = this.#listener.addr.port;
    this.#left = frames;
    this.#running = this.#run(target, fate);
  }

  /** The number of frames that may still pass. */
  get unused(): number {
    return this.#left;
  }

  async #run(target: number, fate: Fate): Promise<void> {
    const client = await this.#listener.accept().catch(() => undefined);
    if (client === undefined) return;
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    this.#conns.push(client, server);
    await Promise.all([
      this.#pass(client, server, fate),
      this.#pass(server, client, fate),
    ]);
  }

  /** Passes frames in one direction. Both directions have one common count. */
  async #pass(from: Deno.Conn, to: Deno.Conn, fate: Fate): Promise<void> {
    try {
      for (;;) {
        const header = await readFull(from, 5);
        const length = new DataView(header.buffer).getUint32(1);
        const body = await readFull(from, length);
        if (this.#left-- <= 0) {
          this.#left = 0;
          if (fate === "cut") this.#close();
          return;
        }
        await writeFull(to, header);
        await writeFull(to, body);
      }
    } catch {
      this.#close();
    }
  }

  #close(): void {
    for (const conn of this.#conns.splice(0)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#close();
    await this.#running;
  }
}

async function readFull(
  conn: Deno.Conn,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) throw new Error("closed");
    at += count;
  }
  return bytes;
}

async function writeFull(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

const QUERY_JOB_ADS = 516;
const timeouts: Timeouts = {
  connect: 400,
  read: 400,
  write: 400,
  handshake: 5000,
};

/** Queries all jobs and returns their number. May throw a CedarError. */
async function query(
  address: Sinful,
  security: SecurityContext,
): Promise<number> {
  using connection = await startCommand(address, QUERY_JOB_ADS, { security });
  connection.send().putClassAd([["Requirements", "true"]]).endOfMessage();
  const reader = connection.receive();
  for (let jobs = 0;; jobs++) {
    const ad = await reader.getClassAd();
    await reader.endOfMessage();
    if (ad.integer("Owner") === 0) return jobs;
  }
}

for (const root of roots) {
  poolTest(
    `on ${root}, if a connection is closed or becomes silent at any frame, the client gets an error within seconds`,
    async (t) => {
      await using pool = await Pool.start({
        root,
        slots: 0,
        config: `SEC_DEFAULT_AUTHENTICATION_METHODS = FS, CLAIMTOBE
        ALLOW_READ = *`,
      });
      await pool.submit("executable = /bin/true\nqueue 3\n", { user: "alice" });
      const schedd = Sinful.parse(
        (await pool.machine.read(`${pool.spool}/.schedd_address`)).split(
          "\n",
        )[0],
      );
      const policy = {
        methods: ["CLAIMTOBE"],
        claimToBe: "alice@test",
        timeouts,
      };

      for (const fate of ["cut", "silence"] as const) {
        for (const resumed of [false, true]) {
          const what = resumed ? "a resumed session" : "a new session";
          await t.step(`${fate}, ${what}`, async () => {
            const names = new Set<string>();
            let frames = 0;
            for (;; frames++) {
              await using proxy = new Proxy(schedd.port, frames, fate);
              const address = Sinful.of("127.0.0.1", proxy.port, {
                sock: schedd.sharedPortId!,
              });
              const security = new SecurityContext(policy);
              if (resumed) {
                // Make a session without the proxy, then use it for the
                // proxy's address.
                await query(schedd, security);
                const session = security.sessions.find(
                  schedd.toString(),
                  QUERY_JOB_ADS,
                );
                security.sessions.add(address.toString(), session!);
              }
              const start = performance.now();
              const answer = await query(address, security).catch((e) => e);
              // A busy machine needs longer than the time limits above. Without
              // them the client would wait for 20 s and more.
              assert(performance.now() - start < 15_000);
              if (answer === 3) break;
              assert(answer instanceof CedarError, String(answer));
              assert(answer.subject !== undefined, String(answer));
              names.add(answer.name);
              assert(frames < 60, String(answer));
            }
            assert(frames > (resumed ? 6 : 12), `${frames} frames`);
            if (fate === "silence" && !resumed) {
              assertEquals(names.has("CedarTimeout"), true);
            }
          });
        }
      }
    },
  );
}

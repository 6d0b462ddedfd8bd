/**
 * A proxy for live_cuts.ts that strikes when a certain frame arrives.
 *
 * @module
 */

/**
 * What happens at the frame. `cut`: the open connections are closed. `down`: new
 * connections are refused, too. `schedd`: the schedd is killed.
 */
export type Blow = "cut" | "down" | "schedd";

/**
 * Counts the CEDAR frames of a stream. A header of 5 bytes has a frame's
 * length.
 */
class FrameCounter {
  #missing = 0;
  #header: number[] = [];

  /** Returns how many frames end in these bytes. */
  push(bytes: Uint8Array): number {
    let ended = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at);
        this.#missing -= taken;
        at += taken;
        if (this.#missing === 0) ended++;
        continue;
      }
      this.#header.push(bytes[at++]);
      if (this.#header.length < 5) continue;
      const [, a, b, c, d] = this.#header;
      this.#missing = ((a * 256 + b) * 256 + c) * 256 + d;
      this.#header = [];
    }
    return ended;
  }
}

/** Passes bytes between Lumberjack and the schedd, on a port of its own. */
export class Proxy {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #target: { hostname: string; port: number };
  /** The port to which Lumberjack has to connect. */
  readonly port: number = this.#listener.addr.port;
  /** The number of frames in both directions since the last `arm()`. */
  frames = 0;
  #at = Infinity;
  #blow: () => void = () => {};
  #refuses = false;

  /** Listens. `target` is the schedd's shared port. */
  constructor(target: { hostname: string; port: number }) {
    this.#target = target;
    this.#accept();
  }

  /** Sets the count to zero, and strikes at this frame. */
  arm(at: number, kind: Blow, kill: () => void = () => {}): void {
    this.frames = 0;
    this.#at = at;
    this.#refuses = false;
    this.#blow = () => {
      if (kind === "schedd") kill();
      if (kind === "down") this.#refuses = true;
      for (const connection of this.#open) close(connection);
      this.#open.clear();
    };
  }

  /** Stops listening. */
  close(): void {
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.#refuses) {
        close(client);
        continue;
      }
      const server = await Deno.connect(this.#target);
      this.#open.add(client).add(server);
      this.#pump(client, server);
      this.#pump(server, client);
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const counter = new FrameCounter();
    const buffer = new Uint8Array(16 * 1024);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const before = this.frames;
        this.frames += counter.push(buffer.subarray(0, count));
        if (before < this.#at && this.frames >= this.#at) return this.#blow();
        for (let sent = 0; sent < count;) {
          sent += await to.write(buffer.subarray(sent, count));
        }
      }
    } catch {
      // The other direction has ended.
    }
    close(from);
    close(to);
    this.#open.delete(from);
    this.#open.delete(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is already closed.
  }
}

/**
 * Transports without a network. With them, tests play a peer that does what
 * real daemons would not do.
 */
import { PeerClosedError } from "../../lib/cedar/mod.ts";
import type { Transport } from "../../lib/cedar/transport.ts";

const address = { host: "127.0.0.1", port: 9618 };

/** One end of a connection within this process. */
export class FakeTransport implements Transport {
  readonly peer = "<127.0.0.1:9618>";
  readonly remote = address;
  readonly local = { host: "127.0.0.1", port: 40000 };
  other?: FakeTransport;
  /** Everything that was written here. */
  readonly written: Uint8Array[] = [];
  readonly #incoming: Uint8Array[] = [];
  #wake?: () => void;
  #closed = false;

  /** Called with the bytes that the peer sends. */
  receive(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    this.#wake?.();
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#incoming.shift();
      if (bytes !== undefined) return bytes;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) {
      return Promise.reject(new PeerClosedError("connection was cut"));
    }
    this.written.push(bytes);
    this.other?.receive(bytes);
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.other?.close();
  }
}

/** Returns the two ends of one connection. */
export function transportPair(): [FakeTransport, FakeTransport] {
  const one = new FakeTransport(), two = new FakeTransport();
  one.other = two;
  two.other = one;
  return [one, two];
}

/** Returns a transport that has received these pieces. Its peer has closed. */
export function replay(...pieces: Uint8Array[]): FakeTransport {
  const transport = new FakeTransport();
  for (const piece of pieces) transport.receive(piece);
  transport.close();
  return transport;
}

/** Returns the bytes that these hexadecimal digits name. Blanks are ignored. */
export function bytes(hex: string): Uint8Array {
  const digits = hex.replace(/\s/g, "");
  return Uint8Array.from(
    digits.match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

/** Returns the pieces joined into one array. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

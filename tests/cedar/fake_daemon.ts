/**
 * A daemon that misbehaves as a test wants. It speaks the server's side of the
 * handshake over real TCP. Tests use it where a real daemon would not
 * misbehave.
 */
import type { Sinful } from "../../lib/cedar/mod.ts";
import { Sinful as SinfulClass } from "../../lib/cedar/mod.ts";
import { KeyExchange } from "../../lib/cedar/aes_gcm.ts";
import { ReliSock } from "../../lib/cedar/reli_sock.ts";
import type { Transport } from "../../lib/cedar/transport.ts";
import { quote } from "../../lib/cedar/string_literal.ts";
import type { WireAd } from "../../lib/cedar/wire_ad.ts";

/** Serves one connection. `count` is 1 for the daemon's first connection. */
export type Serve = (sock: ReliSock, count: number) => Promise<void>;

class ServerTransport implements Transport {
  readonly peer = "client";
  readonly remote = { host: "127.0.0.1", port: 1 };
  readonly local = this.remote;
  readonly #conn: Deno.Conn;
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }
  async read(): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(65536);
    const count = await this.#conn.read(buffer);
    return count === null ? undefined : buffer.subarray(0, count);
  }
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }
}

/** Listens on its own port and serves every connection the same way. */
export class FakeDaemon implements AsyncDisposable {
  readonly address: Sinful;
  readonly #listener: Deno.TcpListener;
  readonly #running: Promise<void>;
  readonly #socks: ReliSock[] = [];
  /** The number of connections so far. */
  connections = 0;

  private constructor(serve: Serve) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.address = SinfulClass.of("127.0.0.1", this.#listener.addr.port);
    this.#running = this.#accept(serve);
  }

  static serve(serve: Serve): FakeDaemon {
    return new FakeDaemon(serve);
  }

  async #accept(serve: Serve): Promise<void> {
    const serving: Promise<void>[] = [];
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        break;
      }
      const sock = new ReliSock(new ServerTransport(conn));
      this.#socks.push(sock);
      const count = ++this.connections;
      serving.push(
        serve(sock, count).catch(() => {}).finally(() => sock.close()),
      );
    }
    await Promise.all(serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const sock of this.#socks) sock.close();
    await this.#running;
  }
}

/** Receives DC_AUTHENTICATE and returns the client's ad. */
export async function receiveRequest(sock: ReliSock): Promise<WireAd> {
  await sock.reader.getInt();
  const ad = await sock.reader.getClassAd();
  await sock.reader.endOfMessage();
  return ad;
}

/** The server's decisions. They replace the usual ones. */
export interface Decision {
  authentication?: string;
  encryption?: string;
  integrity?: string;
  methods?: string;
  noKey?: boolean;
  more?: [string, string][];
}

/** Sends the decision and returns a function that makes the session key. */
export async function decide(
  sock: ReliSock,
  request: WireAd,
  decision: Decision = {},
): Promise<() => Uint8Array> {
  const exchange = new KeyExchange();
  const ad: [string, string][] = [
    ["Authentication", quote(decision.authentication ?? "NO")],
    ["AuthMethodsList", quote(decision.methods ?? "")],
    ["Encryption", quote(decision.encryption ?? "YES")],
    ["Integrity", quote(decision.integrity ?? "YES")],
    ["CryptoMethods", '"AES"'],
    ["Enact", '"YES"'],
    ["SessionDuration", '"60"'],
    ["SessionLease", "3600"],
    ["RemoteVersion", '"$CondorVersion: 25.14.0 2026-01-01 BuildID: 0 $"'],
    ...(decision.more ?? []),
  ];
  if (!decision.noKey) ad.push(["ECDHPublicKey", quote(exchange.publicKey)]);
  sock.writer.putClassAd(ad).endOfMessage();
  await sock.flush();
  return () => exchange.finish(request.string("ECDHPublicKey")!);
}

/** Sends the ad at the end of the handshake. */
export async function grant(
  sock: ReliSock,
  more: [string, string][] = [],
): Promise<void> {
  sock.writer.putClassAd([
    ["Sid", '"fake:1"'],
    ["ReturnCode", '"AUTHORIZED"'],
    ["User", '"alice@test"'],
    ["ValidCommands", '"60011,516"'],
    ...more,
  ]).endOfMessage();
  await sock.flush();
}

/** Does the whole handshake, as a daemon that wants no authentication. */
export async function welcome(sock: ReliSock): Promise<void> {
  const request = await receiveRequest(sock);
  const key = await decide(sock, request);
  sock.setKey(key(), true);
  await grant(sock);
}

/**
 * Measures how fast ads and small messages are read and written, without a
 * network: `scripts/deno run -A tests/cedar/bench.ts`.
 */
import { ReliSock } from "../../lib/cedar/reli_sock.ts";
import type { Transport } from "../../lib/cedar/transport.ts";

/**
 * A transport from which you read what you wrote to it, in pieces of 64 KiB.
 */
class Loop implements Transport {
  readonly peer = "loop";
  readonly remote = { host: "127.0.0.1", port: 1 };
  readonly local = this.remote;
  readonly pieces: Uint8Array[] = [];
  #at = 0;
  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.pieces[this.#at++]);
  }
  write(bytes: Uint8Array): Promise<void> {
    for (let i = 0; i < bytes.length; i += 65536) {
      this.pieces.push(bytes.slice(i, i + 65536));
    }
    return Promise.resolve();
  }
  close(): void {}
}

const key = new Uint8Array(32).fill(7);

/** Returns a socket to write to and a socket that reads what was written. */
function pair(encrypted: boolean): [ReliSock, ReliSock, Loop] {
  const loop = new Loop();
  const from = new ReliSock(loop), to = new ReliSock(loop);
  if (encrypted) {
    from.setKey(key, true);
    to.setKey(key, true);
  }
  return [from, to, loop];
}

async function ads(encrypted: boolean): Promise<void> {
  const [from, to] = pair(encrypted);
  const ad = Array.from(
    { length: 100 },
    (_, i) => [`Attribute${i}`, `"value of attribute ${i}"`] as const,
  );
  const count = 20_000;
  for (let i = 0; i < count; i++) {
    from.writer.putClassAd(ad).endOfMessage();
    if (i % 100 === 0) await from.flush();
  }
  await from.flush();
  const start = performance.now();
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    bytes += (await to.reader.getClassAd()).byteLength;
    await to.reader.endOfMessage();
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${encrypted ? "AES  " : "clear"} ${count} ads of 100 attributes read: ` +
      `${seconds.toFixed(2)} s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s`,
  );
}

async function messages(encrypted: boolean): Promise<void> {
  const [from, to] = pair(encrypted);
  const count = 600_000;
  let start = performance.now();
  for (let i = 0; i < count; i++) {
    from.writer.putInt(10006).putInt(i).putInt(0).putString("LastJobStatus")
      .putString("1").putInt(0).endOfMessage();
    if (i % 1000 === 999) await from.flush();
  }
  await from.flush();
  const written = (performance.now() - start) / 1000;
  start = performance.now();
  for (let i = 0; i < count; i++) {
    await to.reader.getInt();
    await to.reader.skipMessage();
  }
  const read = (performance.now() - start) / 1000;
  console.log(
    `${encrypted ? "AES  " : "clear"} ${count} small messages: ` +
      `written ${written.toFixed(2)} s, read ${read.toFixed(2)} s`,
  );
}

for (const encrypted of [false, true]) {
  await ads(encrypted);
  await messages(encrypted);
}

/**
 * Gives hostile bytes to everything that reads from the wire: addresses,
 * frames, messages, ads, tokens and the client's side of the handshake. Each
 * must return a value or throw a CedarError, soon and with little memory.
 *
 * `scripts/deno task fuzz:cedar [SECONDS [SEED]]`. After a failure it prints
 * the seed, which repeats the run.
 */
import {
  AuthenticationError,
  CedarError,
  securityPolicy,
  Sinful,
  WireAd,
} from "../../lib/cedar/mod.ts";
import { FrameCodec } from "../../lib/cedar/frame.ts";
import { newSession, resumeSession } from "../../lib/cedar/handshake.ts";
import { ReliSock } from "../../lib/cedar/reli_sock.ts";
import { parseToken } from "../../lib/cedar/tokens.ts";
import { unquote } from "../../lib/cedar/string_literal.ts";
import { FakeTransport, joined, transportPair } from "./fake_transport.ts";

/** A small generator of random numbers. The same seed gives the same numbers. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }
  /** Returns an integer from 0 to `below - 1`. */
  int(below: number): number {
    // xorshift32
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % below;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)];
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}

const key = new Uint8Array(32).fill(1);

/** Changes, drops, repeats and inserts bytes. */
function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let n = 1 + random.int(4); n > 0 && result.length > 0; n--) {
    const at = random.int(result.length);
    const run = 1 + random.int(9);
    const [head, tail] = [result.slice(0, at), result.slice(at)];
    switch (random.int(6)) {
      case 0:
        result[at] ^= 1 << random.int(8);
        break;
      case 1:
        result[at] = random.pick([0, 1, 0x7f, 0x80, 0xad, 0xff]);
        break;
      case 2:
        result = joined([head, tail.slice(run)]);
        break;
      case 3:
        result = joined([head, tail.slice(0, run), tail]);
        break;
      case 4:
        result = joined([head, random.bytes(run), tail]);
        break;
      default:
        result = head;
    }
  }
  return result;
}

/** Cuts bytes into pieces, as a network would. */
function cut(random: Random, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const most = random.pick([1, 7, 100, 100_000]);
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.int(most);
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

function received(random: Random, bytes: Uint8Array): FakeTransport {
  const transport = new FakeTransport();
  for (const piece of cut(random, bytes)) transport.receive(piece);
  transport.close();
  return transport;
}

/**
 * Returns the bytes that a writer makes from random values, and functions that
 * read each value.
 */
async function message(
  random: Random,
  encrypted: boolean,
): Promise<[Uint8Array, ((r: ReliSock["reader"]) => Promise<unknown>)[]]> {
  const transport = new FakeTransport();
  const sock = new ReliSock(transport);
  if (encrypted) sock.setKey(key, true);
  const reads: ((r: ReliSock["reader"]) => Promise<unknown>)[] = [];
  for (let n = 1 + random.int(6); n > 0; n--) {
    switch (random.int(5)) {
      case 0:
        sock.writer.putInt(random.int(1000) - 500);
        reads.push((r) => r.getInt());
        break;
      case 1:
        sock.writer.putString("s".repeat(random.int(50)));
        reads.push((r) => r.getString());
        break;
      case 2:
        sock.writer.putDouble(random.int(1000) / 7);
        reads.push((r) => r.getDouble());
        break;
      case 3: {
        const ad = Array.from(
          { length: random.int(8) },
          (_, i) => [random.pick(["Owner", "ClaimId", `A${i}`]), "1"] as const,
        );
        sock.writer.putClassAd(ad);
        reads.push(async (r) => touch(await r.getClassAd()));
        break;
      }
      default:
        sock.writer.putInt(1).endOfMessage();
        reads.push((r) => r.getInt(), (r) => r.endOfMessage());
    }
  }
  sock.writer.putInt(0).endOfMessage();
  reads.push((r) => r.getInt(), (r) => r.endOfMessage());
  await sock.flush();
  return [joined(transport.written), reads];
}

/** Reads every attribute of an ad. */
function touch(ad: WireAd): void {
  for (const name of ad.names()) {
    ad.rawText(name);
    ad.string(name);
    ad.integer(name);
  }
}

async function fuzzMessages(random: Random): Promise<void> {
  const encrypted = random.int(3) === 0;
  const [bytes, reads] = await message(random, encrypted);
  const hostile = random.int(8) === 0
    ? random.bytes(random.int(200))
    : mutate(random, bytes);
  const sock = new ReliSock(received(random, hostile));
  if (encrypted) sock.setKey(key, true);
  for (const read of reads) await read(sock.reader);
}

function fuzzFrames(random: Random): Promise<void> {
  const codec = new FrameCodec();
  const from = new FrameCodec();
  const frames = Array.from(
    { length: 1 + random.int(5) },
    () => from.encode(random.bytes(1 + random.int(40)), random.int(2) === 0),
  );
  for (const piece of cut(random, mutate(random, joined(frames)))) {
    codec.push(piece);
    while (codec.next() !== undefined);
  }
  return Promise.resolve();
}

const addresses = [
  "<10.0.0.1:9618?CCBID=1.2.3.4:9618%2312&addrs=10.0.0.1-9618+[--1]-9618&alias=a.b&noUDP&sock=schedd_1_2>",
  "[2001:db8::1]:9618",
  '{[ p="IPv4"; a="10.0.0.1"; port=9618; n="Internet"; alias="cm"; spid="x"; noUDP=true; ]}',
];

function fuzzText(random: Random): Promise<void> {
  const text = new TextDecoder().decode(
    mutate(random, new TextEncoder().encode(random.pick(addresses))),
  );
  parseToken(text + "." + text + ".x");
  unquote(`"${text}"`);
  const sinful = Sinful.parse(text);
  const again = Sinful.parse(sinful.toString());
  if (again.toString() !== sinful.toString()) {
    throw new Error(`not the same again: ${sinful} ${again}`);
  }
  return Promise.resolve();
}

/**
 * Lets the client shake hands with recorded bytes of a server, most of the time
 * damaged.
 */
async function fuzzHandshake(random: Random): Promise<void> {
  const [client, server] = transportPair();
  const script = new FakeTransport();
  const sock = new ReliSock(script);
  const methods = random.pick(["", "FS", "CLAIMTOBE", "ANONYMOUS", "SSL,FS"]);
  sock.writer.putClassAd([
    ["Authentication", methods === "" ? '"NO"' : '"YES"'],
    ["Encryption", random.pick(['"NO"', '"YES"', '"no"'])],
    ["Integrity", '"NO"'],
    ["CryptoMethods", '"AES"'],
    ["AuthMethodsList", `"${methods}"`],
    ["AuthRequired", random.pick(["true", "false"])],
    ["SessionDuration", '"60"'],
    ["ReturnCode", random.pick(['"AUTHORIZED"', '"SID_NOT_FOUND"', '"X"'])],
  ]).endOfMessage();
  for (let n = random.int(6); n > 0; n--) {
    const bit = random.pick([0, 1, 2, 4, 128, 256]);
    if (random.int(4) === 0) sock.writer.putString("/tmp/FS_x/");
    else sock.writer.putInt(bit);
    sock.writer.endOfMessage();
  }
  sock.writer.putClassAd([["Sid", '"s"'], ["ValidCommands", '"1,2,x"']])
    .endOfMessage();
  await sock.flush();
  const whole = joined(script.written);
  const bytes = random.int(3) === 0 ? whole : mutate(random, whole);
  for (const piece of cut(random, bytes)) client.receive(piece);
  server.close();
  const policy = securityPolicy({
    methods: ["FS", "CLAIMTOBE", "ANONYMOUS", "SSL"],
    claimToBe: "alice@test",
  });
  const request = {
    address: Sinful.parse("<127.0.0.1:9618>"),
    command: 60011,
    policy,
  };
  if (random.int(4) === 0) {
    await resumeSession(new ReliSock(client), session, request);
  } else {
    await newSession(new ReliSock(client), request);
  }
}

const session = {
  id: "s",
  encryption: false,
  validCommands: new Set([60011]),
  lease: 0,
  used: 0,
};

/** The fuzz targets by name. */
export const targets: Record<string, (random: Random) => Promise<void>> = {
  frames: fuzzFrames,
  messages: fuzzMessages,
  text: fuzzText,
  handshake: fuzzHandshake,
};

/**
 * Runs one target with one seed.
 *
 * @throws An error that names the seed, if the target throws anything other
 *   than a CedarError.
 */
export async function fuzzOnce(name: string, seed: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the target hangs")), 30_000);
  });
  try {
    await Promise.race([targets[name](new Random(seed)), hang]);
  } catch (error) {
    const fine = error instanceof CedarError &&
      !(error instanceof AuthenticationError && error.message === "");
    if (!fine) {
      throw new Error(`fuzz target ${name}, seed ${seed}`, { cause: error });
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Runs all targets for `seconds` seconds and returns the number of runs. */
export async function fuzz(seconds: number, seed: number): Promise<number> {
  const end = performance.now() + 1000 * seconds;
  const names = Object.keys(targets);
  let runs = 0;
  while (performance.now() < end) {
    await fuzzOnce(names[runs % names.length], seed + runs);
    runs++;
  }
  return runs;
}

if (import.meta.main) {
  const seconds = Number(Deno.args[0] ?? 60);
  const seed = Number(Deno.args[1] ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const before = Deno.memoryUsage().rss;
  const runs = await fuzz(seconds, seed);
  const grown = (Deno.memoryUsage().rss - before) / 1e6;
  console.log(`${runs} runs, memory grew by ${grown.toFixed(0)} MB`);
}

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { CedarError, CedarProtocolError, WireAd } from "../../lib/cedar/mod.ts";
import { ReliSock } from "../../lib/cedar/reli_sock.ts";
import {
  bytes,
  FakeTransport,
  joined,
  replay,
  transportPair,
} from "./fake_transport.ts";

const key = new Uint8Array(32).fill(5);

type Mode = "clear" | "encrypted" | "key only";
const modes: Mode[] = ["clear", "encrypted", "key only"];

function pair(mode: Mode): [ReliSock, ReliSock] {
  const [one, two] = transportPair();
  const socks: [ReliSock, ReliSock] = [new ReliSock(one), new ReliSock(two)];
  if (mode !== "clear") {
    for (const sock of socks) sock.setKey(key, mode === "encrypted");
  }
  return socks;
}

/** Returns a reader of one message in clear, a frame for each payload. */
function readerOf(...payloads: Uint8Array[]): ReliSock["reader"] {
  const frames = payloads.map((payload, i) => {
    const frame = new Uint8Array(5 + payload.length);
    frame[0] = i === payloads.length - 1 ? 1 : 0;
    new DataView(frame.buffer).setUint32(1, payload.length);
    frame.set(payload, 5);
    return frame;
  });
  return new ReliSock(replay(joined(frames))).reader;
}

const text = (s: string) => new TextEncoder().encode(s);

Deno.test("a message in clear has the bytes that HTCondor writes", async () => {
  const transport = new FakeTransport();
  const sock = new ReliSock(transport);
  sock.writer.putInt(60010).putInt(-2).putString("a").putDouble(0.5)
    .endOfMessage();
  await sock.flush();
  assertEquals(
    joined(transport.written),
    bytes(`
      01 00000022
      000000000000ea6a fffffffffffffffe 6100
      000000003fffffff 0000000000000000
    `),
  );
});

for (const mode of modes) {
  Deno.test(`a reader returns the values that were written (${mode})`, async () => {
    const [a, b] = pair(mode);
    const numbers = [
      0,
      1,
      -1,
      2 ** 31,
      -(2 ** 31),
      2 ** 40 + 5,
      -(2 ** 40) - 5,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ];
    const doubles = [0, 1, -1, 0.1, 1e300, -2.5e-300, 1024, 1023.999];
    const strings = ["", "x", "grüße", "a".repeat(100_000)];
    for (const n of numbers) a.writer.putInt(n);
    a.writer.putLong(-(2n ** 63n)).putLong(2n ** 63n - 1n);
    for (const d of doubles) a.writer.putDouble(d);
    for (const s of strings) a.writer.putString(s).putSecret(s);
    a.writer.putBytes(bytes("00ff00")).endOfMessage();
    a.writer.putInt(7).endOfMessage();
    await a.flush();
    for (const n of numbers) assertEquals(await b.reader.getInt(), n);
    assertEquals(await b.reader.getLong(), -(2n ** 63n));
    assertEquals(await b.reader.getLong(), 2n ** 63n - 1n);
    for (const d of doubles) {
      assertAlmostEquals(await b.reader.getDouble(), d, Math.abs(d) * 1e-9);
    }
    for (const s of strings) {
      assertEquals(await b.reader.getString(), s);
      assertEquals(await b.reader.getSecret(), s);
    }
    assertEquals(new Uint8Array(await b.reader.getBytes(3)), bytes("00ff00"));
    assertEquals(await b.reader.atEnd(), true);
    await b.reader.endOfMessage();
    assertEquals(await b.reader.getInt(), 7);
    await b.reader.endOfMessage();
  });

  Deno.test(`a reader returns the ads that were written (${mode})`, async () => {
    const [a, b] = pair(mode);
    const ad = [
      ["Owner", '"alice"'],
      ["ClaimId", '"secret#1"'],
      ["_condor_privX", "1"],
      ["Requirements", "TARGET.Memory >= 1 && true"],
    ] as const;
    a.writer.putClassAd(ad).putClassAd(ad, { noPrivate: true })
      .putClassAd(ad, { projection: ["owner", "Missing"], serverTime: 12 })
      .putClassAd(WireAd.fromLines(["X = 1"]), { noTypes: true })
      .putClassAd([]).endOfMessage();
    await a.flush();
    const whole = await b.reader.getClassAd();
    assertEquals([...whole.lines()], ad.map(([n, v]) => `${n} = ${v}`));
    assertEquals(whole.string("claimid"), "secret#1");
    const open = await b.reader.getClassAd();
    assertEquals(open.names(), ["Owner", "Requirements"]);
    const projected = await b.reader.getClassAd();
    assertEquals(projected.text(), 'Owner = "alice"\nServerTime = 12');
    assertEquals((await b.reader.getClassAd({ noTypes: true })).size, 1);
    assertEquals((await b.reader.getClassAd()).size, 0);
    await b.reader.endOfMessage();
  });

  Deno.test(`a message of many frames is read as one (${mode})`, async () => {
    const [a, b] = pair(mode);
    const ad = Array.from(
      { length: 40_000 },
      (_, i) => [`Attribute${i}`, `"${"v".repeat(i % 100)}"`] as const,
    );
    a.writer.putClassAd(ad).putString("end").endOfMessage();
    await a.flush();
    const got = await b.reader.getClassAd();
    assertEquals(got.size, ad.length);
    assertEquals(got.rawText("attribute39999"), ad[39_999][1]);
    assertEquals(await b.reader.getString(), "end");
    await b.reader.endOfMessage();
  });
}

Deno.test("private attributes are marked if the socket has a key", async () => {
  const transport = new FakeTransport();
  const sock = new ReliSock(transport);
  sock.setKey(key, false);
  sock.writer.putClassAd([["ClaimId", "1"]], { noTypes: true }).endOfMessage();
  await sock.flush();
  assertEquals(
    joined(transport.written).slice(5),
    Uint8Array.from([
      ...bytes("0000000000000001"),
      ...text("ZKM\0"),
      ...bytes("000000000000000c"),
      ...text("ClaimId = 1\0"),
    ]),
  );
});

Deno.test("getString() reads a missing string as the empty string", async () => {
  const reader = readerOf(bytes("ad 6100"));
  assertEquals(await reader.getString(), "");
  assertEquals(await reader.getString(), "a");
  await reader.endOfMessage();
});

Deno.test("getString() reads strings that are cut at any byte", async () => {
  const whole = text("first\0second\0");
  for (let cut = 1; cut < whole.length; cut++) {
    const reader = readerOf(whole.slice(0, cut), whole.slice(cut));
    assertEquals(await reader.getString(), "first");
    assertEquals(await reader.getString(), "second");
    await reader.endOfMessage();
  }
});

Deno.test("endOfMessage() rejects a message that was not read to its end", async () => {
  const reader = readerOf(bytes("0000000000000001 0000000000000002"));
  await reader.getInt();
  await assertRejects(
    () => reader.endOfMessage(),
    CedarProtocolError,
    "8 bytes more",
  );
});

Deno.test("a value is rejected if the message ends inside it", async () => {
  await assertRejects(
    () => readerOf(bytes("000000")).getInt(),
    CedarProtocolError,
    "in the middle of a value",
  );
  await assertRejects(
    () => readerOf(text("no end")).getString(),
    CedarProtocolError,
  );
  await assertRejects(
    () => readerOf(bytes("0000000000000002"), text("A = 1\0")).getClassAd(),
    CedarProtocolError,
  );
});

Deno.test("getInt() rejects integers that JavaScript can't hold, getLong() reads them", async () => {
  const most = bytes("7fffffffffffffff");
  await assertRejects(() => readerOf(most).getInt(), CedarProtocolError);
  assertEquals(await readerOf(most).getLong(), 2n ** 63n - 1n);
});

Deno.test("wrong counts and lengths of a hostile peer cost no memory", async () => {
  const before = Deno.memoryUsage().rss;
  for (
    const count of ["7fffffffffffffff", "ffffffffffffffff", "00000000000f4241"]
  ) {
    await assertRejects(
      () => readerOf(bytes(count)).getClassAd(),
      CedarProtocolError,
    );
  }
  // The peer promises the largest number of attributes and sends none.
  await assertRejects(
    () => readerOf(bytes("00000000000f4240")).getClassAd(),
    CedarProtocolError,
  );
  const [a, b] = pair("encrypted");
  a.writer.putInt(10_000_001).putInt(0).endOfMessage();
  a.writer.putInt(0).putInt(0).endOfMessage();
  a.writer.putInt(5).putBytes(text("xxxxx")).endOfMessage();
  await a.flush();
  for (let i = 0; i < 3; i++) {
    await assertRejects(() => b.reader.getString(), CedarProtocolError);
    await b.reader.skipMessage();
  }
  assert(Deno.memoryUsage().rss - before < 50e6);
});

Deno.test("getClassAd() takes linear time, also with very small frames", async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `A${i} = ${i}\0`);
  const whole = Uint8Array.from([
    ...bytes("0000000000004e20"),
    ...text(lines.join("") + "\0\0"),
  ]);
  const frames = Array.from(
    { length: Math.ceil(whole.length / 7) },
    (_, i) => whole.slice(7 * i, 7 * i + 7),
  );
  const start = performance.now();
  const ad = await readerOf(...frames).getClassAd();
  assertEquals(ad.size, 20_000);
  assertEquals(ad.integer("A19999"), 19_999);
  assert(performance.now() - start < 2000);
});

Deno.test("getClassAd() rejects an ad that is longer than allowed", async () => {
  const limits = { stringLength: 1000, adAttributes: 10, adLength: 100 };
  const sock = new ReliSock(
    replay(
      bytes("00 0000000f 0000000000000002 412020202020 00"),
      bytes("00 00000064"),
      new Uint8Array(100).fill(0x41),
    ),
    limits,
  );
  await assertRejects(
    () => sock.reader.getClassAd(),
    CedarProtocolError,
    "too long",
  );
});

Deno.test("the writer refuses values that can't be sent", () => {
  const { writer } = new ReliSock(new FakeTransport());
  assertThrows(() => writer.putString("a\0b"), CedarError, "NUL");
  assertThrows(() => writer.putInt(0.5), RangeError);
  assertThrows(() => writer.putInt(2 ** 60), RangeError);
  assertThrows(() => writer.putDouble(Infinity), RangeError);
  assertThrows(() => writer.endOfMessage(), CedarError, "empty");
});

Deno.test("messages are sent together, before the socket waits for an answer", async () => {
  const [one, two] = transportPair();
  const a = new ReliSock(one), b = new ReliSock(two);
  for (let i = 0; i < 1000; i++) a.writer.putInt(i).endOfMessage();
  assertEquals(one.written.length, 0);
  assertEquals(a.pendingBytes, 13_000);
  const answer = a.reader.getInt();
  for (let i = 0; i < 1000; i++) {
    assertEquals(await b.reader.getInt(), i);
    await b.reader.endOfMessage();
  }
  assertEquals(one.written.length, 1);
  b.writer.putInt(42).endOfMessage();
  await b.flush();
  assertEquals(await answer, 42);
});

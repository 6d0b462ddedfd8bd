import { assert, assertEquals, assertThrows } from "@std/assert";
import { CedarProtocolError } from "../../lib/cedar/mod.ts";
import { FrameCodec, maxFrameLength } from "../../lib/cedar/frame.ts";
import { PacketOpener, PacketSealer } from "../../lib/cedar/aes_gcm.ts";
import { bytes, joined } from "./fake_transport.ts";

const key = new Uint8Array(32).fill(9);
const text = (s: string) => new TextEncoder().encode(s);

function payloads(codec: FrameCodec): string[] {
  const found: string[] = [];
  for (let f = codec.next(); f !== undefined; f = codec.next()) {
    found.push(new TextDecoder().decode(f.payload) + (f.end ? "." : ""));
  }
  return found;
}

Deno.test("FrameCodec.encode() writes end flag, length and body", () => {
  const codec = new FrameCodec();
  assertEquals(codec.encode(text("hi"), false), bytes("00 00000002 6869"));
  assertEquals(codec.encode(text("!"), true), bytes("01 00000001 21"));
});

Deno.test("FrameCodec.next() finds frames, in pieces of any length", () => {
  for (const encrypted of [false, true]) {
    const from = new FrameCodec();
    if (encrypted) from.encrypt(key);
    const whole = joined(
      ["one", "two", "three", "four"].map((s, i) =>
        from.encode(text(s), i % 2 === 1)
      ),
    );
    for (let cut = 1; cut < whole.length; cut++) {
      const to = new FrameCodec();
      if (encrypted) to.encrypt(key);
      const found: string[] = [];
      for (let at = 0; at < whole.length; at += cut) {
        to.push(whole.slice(at, at + cut));
        found.push(...payloads(to));
      }
      assertEquals(found, ["one", "two.", "three", "four."]);
    }
  }
});

Deno.test("FrameCodec.next() rejects empty frames, frames that are too long, and other bytes", () => {
  const tooLong = new Uint8Array(5);
  new DataView(tooLong.buffer).setUint32(1, maxFrameLength + 1);
  for (
    const header of [
      bytes("01 00000000"),
      bytes("0b 00000001 00"),
      bytes("01 ffffffff"),
      tooLong,
      text("HTTP/1.1 400 Bad Request"),
    ]
  ) {
    const codec = new FrameCodec();
    codec.push(header);
    assertThrows(() => codec.next(), CedarProtocolError);
  }
});

Deno.test("the first encrypted frames authenticate the frames sent in clear", () => {
  const [a, b] = [new FrameCodec(), new FrameCodec()];
  b.push(a.encode(text("hello"), true));
  a.push(b.encode(text("welcome"), true));
  assertEquals([payloads(b), payloads(a)], [["hello."], ["welcome."]]);
  a.encrypt(key);
  b.encrypt(key);
  b.push(a.encode(text("secret"), true));
  b.push(a.encode(text("another"), true));
  a.push(b.encode(text("answer"), true));
  assertEquals(payloads(b), ["secret.", "another."]);
  assertEquals(payloads(a), ["answer."]);
});

Deno.test("an encrypted frame is rejected if a frame before it was altered", () => {
  const [a, b] = [new FrameCodec(), new FrameCodec()];
  a.encode(text("hello"), true);
  b.push(new FrameCodec().encode(text("hellO"), true));
  payloads(b);
  a.encrypt(key);
  b.encrypt(key);
  b.push(a.encode(text("secret"), true));
  assertThrows(() => b.next(), CedarProtocolError, "cannot be decrypted");
});

Deno.test("resetDigests() forgets the message to the shared port server", () => {
  const [a, b] = [new FrameCodec(), new FrameCodec()];
  a.encode(text("to the shared port"), true);
  a.resetDigests();
  b.push(a.encode(text("hello"), true));
  payloads(b);
  a.encrypt(key);
  b.encrypt(key);
  b.push(a.encode(text("secret"), true));
  assertEquals(payloads(b), ["secret."]);
});

Deno.test("an altered, cut or repeated encrypted frame is rejected", () => {
  const sealed = () => {
    const from = new FrameCodec();
    from.encrypt(key);
    return from.encode(text("secret"), true);
  };
  const receive = (...frames: Uint8Array[]) => {
    const to = new FrameCodec();
    to.encrypt(key);
    for (const frame of frames) to.push(frame);
    for (let i = 0; i < frames.length; i++) to.next();
  };
  receive(sealed());
  for (let i = 0; i < sealed().length; i++) {
    if (i >= 1 && i <= 4) continue; // The codec would wait for a longer frame.
    const frame = sealed();
    frame[i] ^= 2;
    assertThrows(() => receive(frame), CedarProtocolError);
  }
  const short = sealed().slice(0, 20);
  new DataView(short.buffer).setUint32(1, 15);
  assertThrows(() => receive(short), CedarProtocolError, "too short");
  const once = sealed();
  assertThrows(() => receive(once, once), CedarProtocolError);
});

Deno.test("PacketSealer counts packets in the first four bytes of the IV", () => {
  // The counter overflows 32 bits here, and the IV is a view of a larger
  // buffer.
  const iv = bytes("00 fffffffe 0405060708090a0b0c0d0e0f 00").subarray(1);
  const sealer = new PacketSealer(key, iv.subarray(0, 16));
  const opener = new PacketOpener(key);
  const aad = bytes("0100000001");
  for (let i = 0; i < 5; i++) {
    const plain = text(`packet ${i}`);
    const packet = new Uint8Array(sealer.sealedLength(plain.length));
    sealer.seal(plain, aad, packet);
    assertEquals(packet.length, plain.length + 16 + (i === 0 ? 16 : 0));
    if (i === 0) assertEquals(packet.slice(0, 4), bytes("fffffffe"));
    assertEquals(new Uint8Array(opener.open(packet, aad)), plain);
  }
});

Deno.test("FrameCodec.push() copies little if frames come in many pieces", () => {
  const from = new FrameCodec();
  const frame = from.encode(new Uint8Array(maxFrameLength - 40), true);
  const to = new FrameCodec();
  const start = performance.now();
  for (let at = 0; at < frame.length; at += 100) {
    to.push(frame.slice(at, at + 100));
    if (at + 100 < frame.length) assertEquals(to.next(), undefined);
  }
  assert(to.next()?.end);
  assert(performance.now() - start < 1000);
});

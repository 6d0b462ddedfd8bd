import { assertEquals } from "@std/assert";
import { privateAttribute, quote, WireAd } from "../../lib/cedar/mod.ts";
import { unquote } from "../../lib/cedar/wire_ad.ts";

Deno.test("WireAd finds attributes in any case and keeps how they were written", () => {
  const ad = WireAd.fromLines([
    'Owner = "alice"',
    "JobStatus=1",
    "X\t=  a = b",
  ]);
  assertEquals(ad.names(), ["Owner", "JobStatus", "X"]);
  assertEquals(ad.rawText("OWNER"), '"alice"');
  assertEquals(ad.rawText("jobstatus"), "1");
  assertEquals(ad.rawText("x"), "a = b");
  assertEquals(ad.has("Missing"), false);
  assertEquals(ad.rawText("Missing"), undefined);
});

Deno.test("of a name that is sent twice the last counts, as the child's over the parent's", () => {
  const ad = WireAd.fromLines(["A = 1", "a = 2"]);
  assertEquals(ad.size, 2);
  assertEquals(ad.names(), ["A"]);
  assertEquals(ad.integer("A"), 2);
});

Deno.test("string(), integer() and boolean() read literals only", () => {
  const ad = WireAd.fromLines([
    'S = "a \\"b\\" \\\\ \\n"',
    "I = -12",
    "B = TRUE",
    "E = 1 + 1",
    'C = "a" + "b"',
    "R = 1.5",
  ]);
  assertEquals(ad.string("S"), 'a "b" \\ \n');
  assertEquals(ad.integer("I"), -12);
  assertEquals(ad.boolean("B"), true);
  assertEquals([ad.integer("E"), ad.integer("R"), ad.boolean("I")], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([ad.string("C"), ad.string("I")], [undefined, undefined]);
});

Deno.test("bytes that are not UTF-8 are kept", () => {
  const line = Uint8Array.of(0x41, 0x3d, 0x22, 0xff, 0xfe, 0x22);
  const ad = new WireAd(line, Uint32Array.of(0, line.length));
  assertEquals(ad.rawValue("A"), Uint8Array.of(0x22, 0xff, 0xfe, 0x22));
});

Deno.test("lines without = are no attributes", () => {
  const ad = WireAd.fromLines(["nonsense", "= 1", "A = 1"]);
  assertEquals(ad.names(), ["A"]);
  assertEquals(ad.size, 3);
});

Deno.test("unquote() undoes quote()", () => {
  for (const s of ["", "a", 'say "hi"', "back\\slash", "a\nb\tc\r", "grüße"]) {
    assertEquals(unquote(quote(s)), s);
  }
});

Deno.test("privateAttribute() knows what HTCondor keeps secret", () => {
  assertEquals(
    ["ClaimId", "capability", "TransferKey", "_CONDOR_PRIVKEY", "Owner"]
      .map(privateAttribute),
    [1, 1, 1, 2, 0],
  );
});

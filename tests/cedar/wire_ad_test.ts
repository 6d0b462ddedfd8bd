import { assertEquals } from "@std/assert";
import { privateAttribute, quote, WireAd } from "../../lib/cedar/mod.ts";
import { unquote } from "../../lib/cedar/string_literal.ts";

Deno.test("WireAd finds attributes in any case and keeps their spelling", () => {
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

Deno.test("if a name is sent twice, the last value counts", () => {
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

Deno.test("WireAd keeps bytes that are not UTF-8", () => {
  const line = Uint8Array.of(0x41, 0x3d, 0x22, 0xff, 0xfe, 0x22);
  const ad = new WireAd(line, Uint32Array.of(0, line.length));
  assertEquals(ad.rawValue("A"), Uint8Array.of(0x22, 0xff, 0xfe, 0x22));
});

Deno.test("beyond() returns the attributes that another ad lacks, in any order", () => {
  const parent = WireAd.fromLines(["A = 1", "B = 2", "C = 3", "BB = 4"]);
  const beyond = (...lines: string[]) => [
    ...WireAd.fromLines(lines).beyond(parent).lines(),
  ];
  assertEquals(beyond("A = 1", "B = 2", "C = 3", "BB = 4"), []);
  // B is overridden. The peer sends both values, or only the new one.
  assertEquals(beyond("A = 1", "C = 3", "BB = 4", "B = 5"), ["B = 5"]);
  assertEquals(beyond("A = 1", "B = 2", "C = 3", "B = 5"), ["B = 5"]);
  assertEquals(beyond("BB = 4", "D = 1", "A = 1", "a = 1", "B = 22"), [
    "D = 1",
    "a = 1",
    "B = 22",
  ]);
  assertEquals(WireAd.fromLines([]).beyond(parent).size, 0);
  assertEquals(parent.beyond(WireAd.fromLines([])).text(), parent.text());
});

Deno.test("without() leaves attributes out", () => {
  const ad = WireAd.fromLines(["A = 1", "AB = 2", "b\t= 3", "C = A"]);
  assertEquals([...ad.without(["a", "B", "Missing"]).lines()], [
    "AB = 2",
    "C = A",
  ]);
});

Deno.test("an ad that builds an index after many look-ups still finds its attributes", () => {
  const names = Array.from({ length: 40 }, (_, i) => `Name${i}`);
  const ad = WireAd.fromLines([
    ...names.map((name) => `${name} = 1`),
    ...names.map((name, i) => `${name.toLowerCase()} = ${i + 2}`),
    "Grüße = 1",
  ]);
  for (const [i, name] of names.entries()) {
    assertEquals(ad.integer(name.toUpperCase()), i + 2);
    assertEquals(ad.has(`${name}_`), false);
    assertEquals(ad.has("Name"), false);
    assertEquals(ad.has(""), false);
    assertEquals(ad.integer("grüße"), 1);
  }
});

Deno.test("lines without = are not attributes", () => {
  const ad = WireAd.fromLines(["nonsense", "= 1", "A = 1"]);
  assertEquals(ad.names(), ["A"]);
  assertEquals(ad.size, 3);
});

Deno.test("unquote() undoes quote()", () => {
  for (const s of ["", "a", 'say "hi"', "back\\slash", "a\nb\tc\r", "grüße"]) {
    assertEquals(unquote(quote(s)), s);
  }
});

Deno.test("privateAttribute() knows the attributes that HTCondor keeps secret", () => {
  assertEquals(
    ["ClaimId", "capability", "TransferKey", "_CONDOR_PRIVKEY", "Owner"]
      .map(privateAttribute),
    [1, 1, 1, 2, 0],
  );
});

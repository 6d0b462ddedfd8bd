import { assertEquals, assertThrows } from "@std/assert";
import {
  ClassAd,
  ClassAdError,
  ClassAdSyntaxError,
  detectFormat,
  matches,
  parse,
  readAd,
  readAds,
  symmetricMatch,
} from "../../lib/classad/mod.ts";

const TEXT = [
  'Cmd = "C:\\\\dir\\say \\"hi\\" <&>"',
  "Real = 0.1",
  "Big = 1E+300",
  'List = { 1,"a",[ X = 1 < 2 && Y ] }',
  "Expr = a =?= b && c =!= undefined",
  "Undef = undefined",
  "Err = error",
  "Yes = true",
  'Inf = real("INF")',
  'Uni = "é日😀"',
  "Empty = {  }",
  "",
].join("\n");

Deno.test("an ad stays the same in all four forms", () => {
  const ad = ClassAd.parseLong(TEXT);
  assertEquals(ad.toLong(), TEXT);
  assertEquals(ClassAd.parse(ad.toNew()).toLong(), TEXT);
  assertEquals(
    ClassAd.parseJson(ad.toJson()).toLong(),
    TEXT.replace('Inf = real("INF")', 'Inf = real("INF")'),
  );
  assertEquals(ClassAd.parseXml(ad.toXml()).toLong(), TEXT);
});

Deno.test("toJson() prints values that JSON cannot hold as expressions", () => {
  const ad = ClassAd.parse(
    '[ a = b + "x"; e = error; t = "tab\\t\\001"; l = {} ]',
  );
  assertEquals(
    ad.toJson(),
    `{
  "a": "\\/Expr(b + \\"x\\")\\/",
  "e": "\\/Expr(error)\\/",
  "t": "tab\\t\\u0001",
  "l": [
  ]
}`,
  );
});

Deno.test("parseJson() reads JSON of other programs", () => {
  const ad = ClassAd.parseJson(
    '{"a":-1.5e3,"b":null,"c":[true,{"d":"\\u00e9\\/"}],"e":12345678901}',
  );
  assertEquals(
    ad.toLong(),
    'a = -1500.0\nb = undefined\nc = { true,[ d = "é/" ] }\ne = 12345678901\n',
  );
  assertEquals(
    ClassAd.parseJson('{"x":"/Expr(1)/"}').evaluate("x"),
    "/Expr(1)/",
  );
});

Deno.test("the error about a damaged text names the place", () => {
  const offset = (read: () => unknown) =>
    assertThrows(read, ClassAdSyntaxError).offset;
  assertEquals(offset(() => ClassAd.parseLong("a = 1\nb = 1 +\n")), 13);
  assertEquals(offset(() => ClassAd.parseLong("a = 1\nnonsense\n")), 6);
  assertEquals(offset(() => ClassAd.parse("[ a = 1")), 7);
  assertEquals(offset(() => ClassAd.parseJson('{"a": }')), 6);
  assertEquals(offset(() => ClassAd.parseJson('{"a": 1} x')), 9);
  assertEquals(offset(() => ClassAd.parseJson('{"a": "\\/Expr(1+)\\/"}')), 6);
  assertEquals(offset(() => ClassAd.parseXml('<c><a n="x"><q/></a></c>')), 12);
  assertEquals(offset(() => ClassAd.parseXml("<c><a")), 3);
});

Deno.test("readAds() recognises the form and reads several ads", () => {
  assertEquals(detectFormat("A = 1\n"), "long");
  assertEquals(detectFormat("\n [ A = 1 ]"), "new");
  assertEquals(detectFormat('[ {"A": 1} ]'), "json");
  assertEquals(detectFormat(" {}"), "json");
  assertEquals(detectFormat('<?xml version="1.0"?>'), "xml");
  const two = (text: string) =>
    assertEquals(readAds(text).map((ad) => ad.evaluate("A")), [1n, 2n], text);
  two("A = 1\n\nA = 2\n");
  two("# comment\nA = 1\nB = 1\n\n\n\nA = 2");
  two("[ A = 1 ] [ A = 2 ]");
  two('[{"A": 1},\n{"A": 2}]');
  two(
    '<classads><c><a n="A"><i>1</i></a></c><c><a n="A"><i>2</i></a></c></classads>',
  );
  assertThrows(() => readAd("A = 1\n\nA = 2\n"), ClassAdError, "more than one");
  assertThrows(() => readAd("\n"), ClassAdError, "no ad");
});

Deno.test("ClassAd keeps the order and the spelling of names", () => {
  const ad = new ClassAd([["Zeta", 1n], ["alpha", 2n]]);
  ad.set("ZETA", 3n);
  assertEquals(ad.toLong(), "Zeta = 3\nalpha = 2\n");
  assertEquals([ad.has("ALPHA"), ad.size, ad.delete("Alpha"), ad.size], [
    true,
    2,
    true,
    1,
  ]);
  assertEquals(ad.lookup("zeta"), parse("3"));
  assertThrows(() => ad.set("", 1n), ClassAdError);
  assertEquals(new ClassAd([["x", undefined]]).toLong(), "x = undefined\n");
});

Deno.test("matches() evaluates the Requirements of one ad, symmetricMatch() those of both", () => {
  const job = ClassAd.parse(
    '[ Requirements = Memory > MY.Need; Need = 100; Owner = "a" ]',
  );
  const slot = ClassAd.parse(
    '[ Requirements = TARGET.Owner == "A"; Memory = 200 ]',
  );
  assertEquals(matches(job, slot), true);
  assertEquals(symmetricMatch(job, slot), true);
  slot.set("Memory", 50n);
  assertEquals(symmetricMatch(job, slot), false);
  assertEquals(matches(new ClassAd(), slot), false);
});

Deno.test("readAds() recognises lists of ads as HTCondor does", () => {
  const count = (text: string) => [detectFormat(text), readAds(text).length];
  assertEquals(count("{\n[ A = 1 ]\n,\n[ A = {2} ]\n}\n"), ["new", 2]);
  assertEquals(count("{[ A = 1 ]}"), ["new", 1]);
  assertEquals(count('{"A": 1}\n{"A": [2]}\n'), ["json", 2]);
  assertEquals(count('[\n{\n  "A": 1\n}\n,\n{\n  "A": 2\n}\n]\n'), ["json", 2]);
  assertEquals(
    count('<?xml version="1.0"?>\n<classads>\n</classads>\n'),
    ["xml", 0],
  );
  assertEquals(count(""), ["long", 0]);
});

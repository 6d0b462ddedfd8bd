import { assertEquals } from "@std/assert";
import {
  ERROR,
  evaluate,
  parse,
  quote,
  unparse,
  unparseValue,
} from "../../lib/classad/mod.ts";
import {
  formatExponential,
  formatGeneral,
} from "../../lib/classad/number_text.ts";

const inNew = (text: string) =>
  unparse(parse(text, { syntax: "new" }), { syntax: "new" });
const inOld = (text: string) => unparse(parse(text, { syntax: "new" }));

Deno.test("unparse() puts spaces around operators, lists and ads as HTCondor does", () => {
  assertEquals(inOld("a+b*-c"), "a + b *  -c");
  assertEquals(inOld("!a&&~b"), " !a &&  ~b");
  assertEquals(inOld("a?b:c"), "a ? b : c");
  assertEquals(inOld("a?:c"), "a ?: c");
  assertEquals(inOld("{1,2}[0]"), "{ 1,2 }[0]");
  assertEquals(inOld("f( a , b )"), "f(a,b)");
  assertEquals(inOld("{}"), "{  }");
  assertEquals(inOld("( a )"), "(a)");
});

Deno.test("unparse() writes =?= in old syntax and is in new", () => {
  assertEquals(inOld("a is b isnt c"), "a =?= b =!= c");
  assertEquals(inNew("a =?= b =!= c"), "a is b isnt c");
});

Deno.test("unparse() orders the attributes of an ad by length, then by name", () => {
  assertEquals(
    inNew("[bb=1; C=2; a=3; aaa=4]"),
    "[ a = 3; C = 2; bb = 1; aaa = 4 ]",
  );
});

Deno.test("unparse() escapes strings as each syntax requires", () => {
  const text = String.raw`"a\"b\\c\n\303\251\177'"`;
  assertEquals(inNew(text), String.raw`"a\"b\\c\n\303\251\177'"`);
  assertEquals(inOld(text), '"a\\"b\\c\né\x7f\'"');
});

Deno.test("unparse() quotes names that are not identifiers", () => {
  assertEquals(
    inNew("'a b' + 'true' + 'plain' + x.'y z'"),
    "'a b' + 'true' + plain + x.'y z'",
  );
});

Deno.test("unparse() prints a chain of 100 000 operators", () => {
  const text = "1" + " + 1".repeat(100_000);
  assertEquals(unparse(parse(text)), text);
});

Deno.test("unparse() indents over several lines if asked", () => {
  const expr = parse("[a={1,2};b=[]]");
  assertEquals(
    unparse(expr, { syntax: "new", pretty: true }),
    [
      "",
      "    [",
      "        a = ",
      "           {",
      "              1,",
      "              2",
      "           }; ",
      "        b = ",
      "            [",
      "            ]",
      "    ]",
    ].join("\n"),
  );
});

Deno.test("unparseValue() prints each type so that it can be read again", () => {
  assertEquals(unparseValue(undefined), "undefined");
  assertEquals(unparseValue(ERROR), "error");
  assertEquals(unparseValue(-5n), "-5");
  assertEquals(unparseValue(NaN), 'real("NaN")');
  assertEquals(unparseValue(-Infinity), 'real("-INF")');
  assertEquals(unparseValue(-0), "-0.0");
  assertEquals(
    unparseValue(evaluate(parse("relTime(93784.5)"))),
    'relTime("1+02:03:4.5")',
  );
  assertEquals(unparseValue(evaluate(parse("MY"))), "undefined");
});

Deno.test("reals are printed as printf prints them, with ties rounded to even", () => {
  assertEquals(formatGeneral(0.1, 16), "0.1");
  assertEquals(formatGeneral(1e15, 16), "1000000000000000");
  assertEquals(formatGeneral(1e16, 16), "1E+16");
  assertEquals(formatGeneral(0.0001, 16), "0.0001");
  assertEquals(formatGeneral(0.00001, 16), "1E-05");
  assertEquals(formatGeneral(123456789012345678, 16), "1.234567890123457E+17");
  assertEquals(
    formatExponential(4503599627370496.5, 15),
    "4.503599627370496E+15",
  );
  assertEquals(
    formatExponential(4503599627370497.5, 15),
    "4.503599627370498E+15",
  );
  assertEquals(formatExponential(5e-324, 15), "4.940656458412465E-324");
  assertEquals(unparseValue(100000), "100000.0");
  assertEquals(
    unparseValue(100000, { syntax: "new" }),
    "1.000000000000000E+05",
  );
});

Deno.test("quote() makes a literal from any text that does not end with a backslash", () => {
  for (const text of ["", "a", 'a"b', "C:\\x\\y", 'é"日', "a'b", '\\"x']) {
    assertEquals(evaluate(parse(`${quote(text)} + ""`.slice(0, -5))), text);
  }
});

import { assertEquals } from "@std/assert";
import {
  AdValue,
  ClassAd,
  compile,
  ERROR,
  evaluate,
  isError,
  parse,
  type Release,
  unparseValue,
  type Value,
} from "../../lib/classad/mod.ts";

/** Evaluates an expression in new syntax and prints the value. */
function valueOf(
  text: string,
  my = "[]",
  target?: string,
  release?: Release,
): string {
  const value = evaluate(
    parse(text, { syntax: "new" }),
    ClassAd.parse(my),
    target === undefined ? undefined : ClassAd.parse(target),
    { release },
  );
  return unparseValue(value);
}

function table(rows: readonly (readonly [string, string])[], my?: string) {
  for (const [text, value] of rows) {
    assertEquals(valueOf(text, my), value, text);
  }
}

Deno.test("integers wrap around at 64 bits and divide towards zero", () => {
  table([
    ["9223372036854775807 + 1", "-9223372036854775808"],
    ["(-9223372036854775807 - 1) / -1", "9223372036854775807"],
    ["(-9223372036854775807 - 1) % -1", "0"],
    ["-7 / 2", "-3"],
    ["-7 % 3", "-1"],
    ["7 % -3", "1"],
    ["1 / 0", "error"],
    ["1 % 0", "error"],
    ["3037000500 * 3037000500", "-9223372036709301616"],
  ]);
});

Deno.test("shifts use their distance modulo 64, except >> of a negative number", () => {
  table([
    ["1 << 64", "1"],
    ["1 << -1", "-9223372036854775808"],
    ["-8 >> 1", "-4"],
    ["-8 >> 70", "-1"],
    ["-8 >> -1", "-8"],
    ["-1 >>> 1", "9223372036854775807"],
    ["-1 >>> 0", "0"],
    ["~5", "-6"],
    ["6 & 3 | 8 ^ 1", "11"],
    ["1.0 << 2", "error"],
  ]);
});

Deno.test("reals become error at plus infinity, not at minus infinity or NaN", () => {
  table([
    ["1.0 / 0", "error"],
    ["-1.0 / 0", 'real("-INF")'],
    ["0.0 / 0", 'real("NaN")'],
    ["1e308 * 10", "error"],
    ["5.5 % 2", "error"],
    ["1 / 2.0", "0.5"],
    ["true + 1.5", "2.5"],
  ]);
});

Deno.test("undefined and error pass through strict operators, error first", () => {
  table([
    ["undefined + 1", "undefined"],
    ["undefined + error", "error"],
    ["1 < undefined", "undefined"],
    ["-undefined", "undefined"],
    ['1 < "a"', "error"],
    ['"a" + 1', "error"],
    ["!undefined", "undefined"],
    ["[] == []", "error"],
    ["{1} < 2", "error"],
  ]);
});

Deno.test("&& and || do not evaluate the right side if the left side decides", () => {
  table([
    ["false && error", "false"],
    ["true || error", "true"],
    ["error && false", "error"],
    ["undefined && false", "false"],
    ["undefined && true", "undefined"],
    ["undefined || true", "true"],
    ["undefined || error", "error"],
    ["1 && 2.5", "true"],
    ['"a" || true', "error"],
  ]);
});

Deno.test("is compares type and value, == compares values only and ignores case", () => {
  table([
    ["1 is 1.0", "false"],
    ["1 == 1.0", "true"],
    ['"a" == "A"', "true"],
    ['"a" is "A"', "false"],
    ["undefined is undefined", "true"],
    ["error isnt error", "false"],
    ["undefined isnt 1", "true"],
    ["true == 1", "true"],
    ["true is 1", "false"],
    ["{1} is {1}", "error"],
    ['split("a") is {"a"}', "false"],
  ]);
});

Deno.test("strings are ordered by their bytes", () => {
  table([
    ['"a" < "B"', "true"],
    ['"_" < "a"', "true"],
    ['"é" > "z"', "true"],
    ['"\\377" > "é"', "true"],
    ['"𐀀" > "\uffff"', "true"],
  ]);
});

Deno.test("the condition of ?: can be a number, but not a string", () => {
  table([
    ["1 ? 2 : 3", "2"],
    ["0.0 ? 2 : 3", "3"],
    ["undefined ? 2 : 3", "undefined"],
    ["error ? 2 : 3", "error"],
    ['"x" ? 2 : 3', "error"],
    ["undefined ?: 4", "4"],
    ["error ?: 4", "error"],
    ["0 ? : 4", "0"],
  ]);
});

Deno.test("a name is looked up in the ad, then in the ads around it", () => {
  const my =
    "[ a = 1; n = [ b = a + 1; a = 10; m = [ c = a ] ]; l = { [x = 1], [x = a] } ]";
  table([
    ["n.b", "11"],
    ["n.m.c", "10"],
    ["n.m.a", "10"],
    ["n.l", "{ [ x = 1 ],[ x = a ] }"],
    ["l.x", "{ 1,1 }"],
    ["l[1].x", "1"],
    ['n["A"]', "10"],
    ['n["l"]', "undefined"],
    ["{ a, n.a }[1]", "10"],
    ["l[2]", "error"],
    ["l[-1]", "error"],
    ["a.x", "error"],
    ["missing.x", "undefined"],
    ["n.parent.a", "1"],
    [".a", "1"],
    ["n.m.root.a", "1"],
  ], my);
});

Deno.test("TARGET is the other ad, and names without a scope are looked up there, too", () => {
  const my = "[ a = 1; x = TARGET.b; r = y ]";
  const target = "[ b = a + 1; y = MY.z; z = TARGET.a ]";
  const value = (text: string) => valueOf(text, my, target);
  assertEquals(value("TARGET.b"), "2");
  assertEquals(value("b"), "2");
  assertEquals(value("x"), "2");
  assertEquals(value("MY.b"), "undefined");
  assertEquals(value("r"), "1");
  assertEquals(value("other.z"), "1");
  assertEquals(valueOf("TARGET.a", my), "undefined");
});

Deno.test("attributes in a circle are error, or the value that the named release gives", () => {
  const my = "[ a = b + 1; b = a; c = c || true; d = d ]";
  assertEquals(valueOf("a", my), "error");
  assertEquals(valueOf("isError(d)", my), "error");
  assertEquals(valueOf("a", my, undefined, "23.9"), "error");
  assertEquals(valueOf("a", my, undefined, "25"), "undefined");
  assertEquals(valueOf("c", my, undefined, "25"), "true");
  // The same expression in both ads is no circle.
  const expr = parse("TARGET.Requirements");
  const job = new ClassAd([["Requirements", expr]]);
  const slot = new ClassAd([["Requirements", 1n]]);
  assertEquals(evaluate(expr, job, slot), 1n);
});

Deno.test("a chain of attributes can be 399 deep, as in HTCondor", () => {
  const ad = new ClassAd([["a0", 7n]]);
  for (let i = 1; i <= 500; i++) ad.setExpression(`a${i}`, `a${i - 1}`);
  assertEquals(ad.evaluate("a399"), 7n);
  assertEquals(ad.evaluate("a500"), ERROR);
});

Deno.test("a chain of 100 000 operators is evaluated", () => {
  assertEquals(evaluate(parse("1" + "+1".repeat(100_000))), 100_001n);
  assertEquals(evaluate(parse("false" + " || false".repeat(100_000))), false);
});

Deno.test("attributes that double at every step end as error", () => {
  const ad = new ClassAd([["a0", 1n], ["s0", "x"]]);
  for (let i = 1; i <= 60; i++) {
    ad.setExpression(`a${i}`, `a${i - 1} + a${i - 1}`);
    ad.setExpression(`s${i}`, `strcat(s${i - 1}, s${i - 1})`);
  }
  assertEquals(ad.evaluate("a10"), 1024n);
  assertEquals(ad.evaluate("a60"), ERROR);
  assertEquals(ad.evaluate("s60"), ERROR);
});

Deno.test("evaluate() finds attributes of a chained parent as if they were the ad's own", () => {
  const cluster = ClassAd.parse('[ Owner = "ann"; Cmd = ProcId ]');
  const job = new ClassAd([["ProcId", 3n]], cluster);
  assertEquals(job.evaluate("Cmd"), 3n);
  assertEquals(evaluate(parse('Owner == "ann" && MY.ProcId == 3'), job), true);
  assertEquals([...job.names()], ["ProcId"]);
});

Deno.test("compile() lists the attributes that an expression refers to", () => {
  const compiled = compile(
    "A + MY.b * TARGET.C + f(d, { e.x, [ y = G ] }) > self.H",
  );
  assertEquals([...compiled.references].sort(), [
    "a",
    "b",
    "d",
    "e",
    "g",
    "h",
    "x",
  ]);
  assertEquals([...compiled.targetReferences], ["c"]);
});

Deno.test("compile().test() returns true for true and for numbers other than zero", () => {
  const test = (text: string) => compile(text).test(new ClassAd());
  for (const text of ["true", "1", "-0.5", "2 > 1"]) {
    assertEquals(test(text), true);
  }
  for (const text of ["false", "0", "undefined", "error", '"true"', "{1}"]) {
    assertEquals(test(text), false, text);
  }
});

Deno.test("an object with lookup() is enough as a scope", () => {
  const asked: string[] = [];
  const scope = {
    lookup(name: string) {
      asked.push(name);
      return name === "a" ? parse("1") : undefined;
    },
  };
  assertEquals(compile("A + B").evaluate(scope), undefined);
  assertEquals(asked, ["a", "b"]);
  const value: Value = evaluate(parse("MY"), scope);
  assertEquals(value instanceof AdValue && value.names(), []);
});

Deno.test("isError() is true only for the value error", () => {
  assertEquals(isError(evaluate(parse("1 / 0"))), true);
  assertEquals(isError(undefined), false);
});

Deno.test("the ad around a match is printed with HTCondor's names", () => {
  const empty = ClassAd.parse("[ ]");
  const other = ClassAd.parse("[ A = 1 ]");
  const printed = unparseValue(evaluate(parse("root"), empty, other), {
    syntax: "new",
  });
  for (const name of ["lCtx", "rCtx", "LEFT", "RIGHT", "leftRankValue"]) {
    assertEquals(printed.includes(`${name} = `), true, name);
  }
});

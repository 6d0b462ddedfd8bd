import { assertEquals, assertThrows } from "@std/assert";
import {
  ClassAdSyntaxError,
  evaluate,
  parse,
  unparse,
} from "../../lib/classad/mod.ts";

/** Returns the offset and the message of the syntax error. */
function syntaxError(text: string, syntax: "old" | "new" = "new") {
  const error = assertThrows(() => parse(text, { syntax }), ClassAdSyntaxError);
  return { offset: error.offset, message: error.message };
}

/** Returns the expression with each operator first, in parentheses. */
function grouped(text: string): string {
  const expr = parse(text, { syntax: "new" });
  const visit = (node: typeof expr): string => {
    if (node.kind !== "operation") return unparse(node);
    const parts = node.operands.map(visit);
    return `(${[node.operator, ...parts].join(" ")})`;
  };
  return visit(expr);
}

Deno.test("parse() uses the operator precedence of C", () => {
  assertEquals(grouped("1 + 2 * 3"), "(+ 1 (* 2 3))");
  assertEquals(grouped("1 - 2 - 3"), "(- (- 1 2) 3)");
  assertEquals(
    grouped("a || b && c | d ^ e & f"),
    "(|| a (&& b (| c (^ d (& e f)))))",
  );
  assertEquals(grouped("a == b < c << d + e"), "(== a (< b (<< c (+ d e))))");
  assertEquals(grouped("a ? b : c ? d : e"), "(? a b (? c d e))");
  assertEquals(grouped("!a[0]"), "(! ([] a 0))");
  assertEquals(grouped("- -x"), "(u- (u- x))");
});

Deno.test("parse() binds ?: tighter than any other operator, but as 23.9 looser", () => {
  assertEquals(grouped("1 + a ?: b + 2"), "(+ (+ 1 (?: a b)) 2)");
  const expr = parse("u ?: 1 + 2", { release: "23.9" });
  assertEquals(evaluate(expr), 3n);
});

Deno.test("parse() reads a minus before a number as its sign only where an operand begins", () => {
  assertEquals(grouped("3 -2"), "(- 3 2)");
  assertEquals(grouped("3 - -2"), "(- 3 -2)");
  assertEquals(grouped("a -2"), "(- a 2)");
  assertEquals(grouped("-.5"), "-0.5");
  assertEquals(grouped("- 5"), "(u- 5)");
});

Deno.test("parse() reads integers as HTCondor does", () => {
  const value = (text: string) => evaluate(parse(text));
  assertEquals(value("9223372036854775807"), 9223372036854775807n);
  assertEquals(value("-9223372036854775808"), -9223372036854775808n);
  assertEquals(value("9223372036854775808"), 0n);
  assertEquals(value("99999999999999999999"), 0n);
  assertEquals(value("-017"), -17n);
  assertEquals(value("-0x1F"), 0n);
  assertEquals(syntaxError("017").offset, 0);
  assertEquals(syntaxError("0x1F").offset, 0);
  assertEquals(syntaxError("00").offset, 0);
});

Deno.test("parse() reads reals with exponents and in hexadecimal", () => {
  const value = (text: string) => evaluate(parse(text));
  assertEquals(value("1e3"), 1000);
  assertEquals(value("1.5E-3"), 0.0015);
  assertEquals(value("0.5e+1"), 5);
  assertEquals(value("1e400"), Infinity);
  assertEquals(value("0x1F.8"), 31.5);
  for (const text of ["1.", "1e", "1e+", "1.e5", "08"]) syntaxError(text);
});

Deno.test("parse() recognises keywords in any case", () => {
  assertEquals(evaluate(parse("TRUE =?= True")), true);
  assertEquals(evaluate(parse("Undefined IS undefined")), true);
  assertEquals(evaluate(parse("1 IsNt 2")), true);
  assertEquals(unparse(parse("trueish + is_not")), "trueish + is_not");
});

Deno.test("parse() in old syntax keeps a backslash, except before a quote", () => {
  const value = (text: string) => evaluate(parse(text));
  assertEquals(value(String.raw`"C:\dir\new"`), String.raw`C:\dir\new`);
  assertEquals(value(String.raw`"say \"hi\" twice"`), 'say "hi" twice');
  assertEquals(value(String.raw`"a\\b"`), String.raw`a\\b`);
  // A quote at the end of the text ends the string, also after a backslash.
  assertEquals(value(String.raw`"C:\dir` + '\\"'), String.raw`C:\dir` + "\\");
});

Deno.test("parse() in new syntax reads the escape sequences of C", () => {
  const value = (text: string) => evaluate(parse(text, { syntax: "new" }));
  assertEquals(value(String.raw`"a\tb\n\"q\" \\ \x"`), 'a\tb\n"q" \\ x');
  assertEquals(value(String.raw`"\101\60\7z\400"`), "A0\x07z 0");
  assertEquals(value(String.raw`"caf\303\251"`), "café");
  assertEquals(value('"a" \n "b"'), "ab");
  assertEquals(syntaxError(String.raw`"a\0b"`).message.includes("NUL"), true);
});

Deno.test("parse() skips comments and space, and rejects a comment without an end", () => {
  assertEquals(evaluate(parse("1 /* one */ + // two\n 2")), 3n);
  assertEquals(syntaxError("1 /* one").offset, 2);
});

Deno.test("parse() ignores extra semicolons in ads, and uses the last of two values", () => {
  assertEquals(
    unparse(parse("[;; a = 1;; B = 2; A = 3; ]", { syntax: "new" })),
    "[ a = 3; B = 2 ]",
  );
  assertEquals(unparse(parse("[]")), "[  ]");
  syntaxError("[;]");
  syntaxError("[a = 1 b = 2]");
  syntaxError("['' = 1]");
});

Deno.test("parse() allows semicolons between arguments, but no missing argument", () => {
  assertEquals(evaluate(parse('strcat("a"; "b", "c")')), "abc");
  assertEquals(syntaxError("f(1,)").offset, 4);
  assertEquals(syntaxError("{1,}").offset, 3);
});

Deno.test("the syntax error names the place where the text is no longer an expression", () => {
  assertEquals(syntaxError("1 +"), {
    offset: 3,
    message: "expression expected at character 4",
  });
  assertEquals(syntaxError("(1").offset, 2);
  assertEquals(syntaxError("1 2"), {
    offset: 2,
    message: "unexpected text after the expression at character 3",
  });
  assertEquals(syntaxError('a == "b').offset, 5);
  assertEquals(syntaxError("a.1").offset, 1);
  assertEquals(syntaxError("a @ b").offset, 2);
  assertEquals(syntaxError("").offset, 0);
  assertEquals(syntaxError("a =? b").offset, 3);
});

Deno.test("parse() reads absTime() and relTime() with a string as literals", () => {
  const text = 'absTime("2003-01-25T09:00:00-06:00")';
  assertEquals(parse(text).kind, "literal");
  assertEquals(unparse(parse(text)), text);
  assertEquals(
    unparse(parse('relTime("1+02:03:04.5")')),
    'relTime("1+02:03:4.5")',
  );
  assertEquals(unparse(parse('relTime("3h")')), 'relTime("03:00:00")');
  syntaxError('absTime("soon")');
  syntaxError('relTime("1x2")');
});

Deno.test("parse() refuses expressions that are nested deeper than 500 levels", () => {
  parse("(".repeat(499) + "1" + ")".repeat(499));
  for (const open of ["(", "{", "!", "-", "f(", "a?", "u?:", "a[", "[a="]) {
    assertEquals(
      syntaxError(open.repeat(100_000) + "1").message.startsWith(
        "expression nested too deep",
      ),
      true,
      open,
    );
  }
});

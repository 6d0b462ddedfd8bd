import { assertEquals } from "@std/assert";
import {
  ClassAd,
  evaluate,
  functionNames,
  parse,
  unparseValue,
} from "../../lib/classad/mod.ts";

const ad = ClassAd.parse(`[
  Sites = "T2_US_MIT, T3_US_ANL"; VO = "cms"; L = { 1, 2.5, undefined };
  Ads = { [ X = 1; Ok = true ], [ X = 2; Ok = false ] }; Need = X > 1;
  A = B + TARGET.C + MY.D; N = 5
]`);

/** Checks the value of each expression. Both are in new syntax. */
function table(rows: readonly (readonly [string, string])[]): void {
  for (const [text, value] of rows) {
    const found = evaluate(parse(text, { syntax: "new" }), ad);
    assertEquals(unparseValue(found), value, text);
  }
}

Deno.test("functions test the types of values", () => {
  table([
    ["isUndefined(Missing)", "true"],
    ["isError(1 / 0)", "true"],
    ["isString(1)", "false"],
    ["isInteger(1)", "true"],
    ["isReal(1)", "false"],
    ["isBoolean(1)", "false"],
    ["isList(L)", "true"],
    ["isClassAd(Ads[0])", "true"],
    ["isAbsTime(absTime(0))", "true"],
    ["isRelTime(relTime(0))", "true"],
    ['isRelTime(relTime("5"))', "false"],
    ["isString()", "error"],
  ]);
});

Deno.test("conversions follow strtod() and round towards zero", () => {
  table([
    ['int("3.9abc")', "3"],
    ['int("abc")', "error"],
    ['int("0x10")', "16"],
    ["int(-2.7)", "-2"],
    ["int(1e30)", "-9223372036854775808"],
    ["int(undefined)", "undefined"],
    ['real("1e400")', 'real("INF")'],
    ['real(" 2.5x")', "2.5"],
    ['real("nan")', 'real("NaN")'],
    ["string(2.5)", '"2.500000000000000E+00"'],
    ["string({ 1, true })", '"{ 1,true }"'],
    ["string(relTime(100000.5))", '"1+03:46:40"'],
    ['bool("TRUE")', "true"],
    ['bool("yes")', "undefined"],
    ["bool(0.0)", "false"],
    ["bool({})", "error"],
  ]);
});

Deno.test("lists are searched, counted and summed", () => {
  table([
    ['member("a", { "A", 1 })', "true"],
    ['identicalMember("a", { "A", 1 })', "false"],
    ["member(undefined, {})", "undefined"],
    ["member(1, 1)", "error"],
    ["identicalMember(error, { error })", "true"],
    ["size(L)", "3"],
    ['size("é")', "2"],
    ["size([ a = 1 ])", "1"],
    ["sum(L)", "3.5"],
    ["sum({})", "0"],
    ["avg({ 1, 2 })", "1.5"],
    ["avg({})", "0"],
    ["min({ 3, 1.5 })", "1.5"],
    ["max({ 3, 1.5 })", "3.0"],
    ["max({})", "undefined"],
    ['max({ "a" })', "error"],
    ['anyCompare("<", { 1, 5 }, 2)', "true"],
    ['allCompare("<", { 1, 5 }, 2)', "false"],
    ['allCompare("=", { 1 }, 2)', "error"],
  ]);
});

Deno.test("functions join, cut and compare strings as bytes", () => {
  table([
    ['strcat("a", 1, true, 2.5)', '"a1true2.500000000000000E+00"'],
    ['strcat("a", undefined)', "undefined"],
    ['strcat("\\303", "\\251") == "é"', "true"],
    ['join(",", "a", undefined, "b")', '"a,b"'],
    ['join("-", { 1, 2 })', '"1-2"'],
    ['join({ "a", "b" })', '"ab"'],
    ['join("a")', '""'],
    ['substr("abcdef", 2)', '"cdef"'],
    ['substr("abcdef", -3, 2)', '"de"'],
    ['substr("abcdef", 1, -2)', '"bcd"'],
    ['substr("abcdef", 2, 0)', '""'],
    ['size(substr("é", 0, 1))', "1"],
    ['toUpper("abé")', '"ABé"'],
    ["toLower(TRUE)", '"true"'],
    ['strcmp("a", "B")', "1"],
    ['stricmp("a", "B")', "-1"],
    ['versioncmp("8.9", "8.10")', "-1"],
    ['versionGE("8.10.0", "8.9.9")', "true"],
    ['version_in_range("8.9", "8.1", "8.10")', "true"],
  ]);
});

Deno.test("string lists are split at every delimiter, and spaces are removed", () => {
  table([
    ['stringListMember("T3_US_ANL", Sites)', "true"],
    ['stringListIMember("t3_us_anl", Sites)', "true"],
    ['stringListIMember("CMS", VO)', "true"],
    ['stringListMember("T3", Sites)', "false"],
    ['stringListMember("a", Missing)', "false"],
    ["stringListMember(Missing, Missing)", "undefined"],
    ['stringListMember(1, "1")', "error"],
    ['stringListMember("b c", "a;b c", ";")', "true"],
    ["stringListSize(Sites)", "2"],
    ['stringListSize(" , ,")', "0"],
    ['stringListSum("1,2.5")', "3.5"],
    ['stringListSum("1,x")', "error"],
    ['stringListSum("0x")', "error"],
    ['stringListSum("infin")', "error"],
    ['stringListSum("0x1,0x.8")', "1.5"],
    ['stringListAvg("1,2")', "1"],
    ['stringListMin("")', "undefined"],
    ['stringListMax("-5")', "0"],
    ['stringListSubsetMatch("a,b", "b,a,c")', "true"],
    ['stringListISubsetMatch("A", "b")', "false"],
    ['stringListsIntersect("a,b", "b,c")', "true"],
    ['stringList_regexpMember("^b", "a, b")', "true"],
    ['stringList_regexpMember("b", "")', "undefined"],
    ['split("a, b,,c")', '{ "a","b","","c" }'],
    ['splitUserName("ann@x@y")', '{ "ann","x@y" }'],
    ['splitUserName("ann")', '{ "ann","" }'],
    ['splitSlotName("host")', '{ "","host" }'],
  ]);
});

Deno.test("numbers are rounded, raised and quantized", () => {
  table([
    ["round(2.5)", "2"],
    ["round(3.5)", "4"],
    ["ceiling(1.2)", "2"],
    ["floor(-1.2)", "-2"],
    ['floor("1.7")', "1"],
    ["pow(2, 10)", "1024"],
    ["pow(2, 70)", "-9223372036854775808"],
    ["pow(2, -1)", "0.5"],
    ["pow(2.0, 0.5)", "1.414213562373095"],
    ["quantize(7, 5)", "10"],
    ["quantize(7, { 4, 8 })", "8"],
    ["quantize(9, { 4, 8 })", "16"],
    ["quantize(7.5, 2)", "8.0"],
    ["random(1)", "0"],
    ["random(0)", "error"],
    ["isError(random(0))", "error"],
  ]);
});

Deno.test("functions split and format times", () => {
  const time = 'absTime("2023-05-06T07:08:09+02:00")';
  table([
    [`formatTime(${time}, "%Y-%m-%d %H:%M:%S")`, '"2023-05-06 07:08:09"'],
    [`formatTime(${time}, "%a %b %e %j %U %V %%")`, '"Sat May  6 126 18 18 %"'],
    [`splitTime(${time}).Offset`, "7200"],
    [`${time} - absTime("2023-05-06T07:08:09Z")`, 'relTime("-02:00:00")'],
    [`${time} + relTime(86400)`, 'absTime("2023-05-07T07:08:09+02:00")'],
    ["splitTime(relTime(-3661)).Hours", "-1"],
    ["getDays(relTime(100000))", "1"],
    ["getMinutes(relTime(100000))", "46"],
    ["getYear(relTime(5))", "error"],
    ["interval(100000)", '"1+03:46:40"'],
    ["interval(59)", '"59"'],
    ["relTime(3600) * 2", 'relTime("02:00:00")'],
    ["time() > 1600000000", "true"],
    ["CurrentTime == time()", "true"],
    ["isAbsTime(absTime())", "true"],
  ]);
});

Deno.test("environments and arguments are converted and merged", () => {
  table([
    ['envV1ToV2("B=2;A=x y")', "\"'A=x y' B=2\"".replace("'A=x y'", "A=x' 'y")],
    ['envV1ToV2("|A=1|B=2;3")', '"A=1 B=2;3"'],
    ['envV1ToV2("nonsense")', "error"],
    ['mergeEnvironment("A=1 B=2", undefined, "B=3")', '"A=1 B=3"'],
    ["argsToList(\"a 'b c' d''e\")", '{ "a","b c","de" }'],
    ['argsToList("a \'b")', "error"],
    ['argsToList("a \'b", 1)', '{ "a","\'b" }'],
    ['listToArgs({ "a", "b c", "" })', "\"a b' 'c ''\""],
    ['listToArgs({ "a b" }, 1)', "error"],
  ]);
});

Deno.test("functions evaluate expressions from text and in other ads", () => {
  table([
    ['eval("N + 1")', "6"],
    ['eval("1 +")', "error"],
    ["ifThenElse(N > 4, 1, 1 / 0)", "1"],
    ["unparse(A)", '"B + TARGET.C + MY.D"'],
    ["unparse(Missing)", '""'],
    ["unparse(1)", "error"],
    ["unresolved(A)", '"B,D,C"'],
    ['unresolved(A, "^c$")', "true"],
    ["unresolved(Missing)", "undefined"],
    ["countMatches(Need, Ads)", "1"],
    ["countMatches(Need, Missing)", "0"],
    ["evalInEachContext(X + 1, Ads)", "{ 2,3 }"],
    ["evalInEachContext(Missing2, Ads)", "{ undefined,undefined }"],
    ["debug(N)", "5"],
  ]);
});

Deno.test("userHome() and userMap() find no users and no maps", () => {
  table([
    ['userHome("root")', "undefined"],
    ['userHome("root", "/x")', '"/x"'],
    ["userHome()", "error"],
    ['userMap("m", "u")', "undefined"],
    ['userMap("m", "u", "p", "d")', '"d"'],
  ]);
});

Deno.test("a call of an unknown function, or with wrong arguments, is error", () => {
  assertEquals(unparseValue(evaluate(parse("noSuchFunction(1)"))), "error");
  const allowed = new Set([
    // These functions can be called without arguments.
    "abstime",
    "currenttime",
    "daytime",
    "formattime",
    "join",
    "mergeenvironment",
    "random",
    "strcat",
    "time",
    "timezoneoffset",
  ]);
  for (const name of functionNames()) {
    const value = unparseValue(evaluate(parse(`${name}()`)));
    assertEquals(value === "error", !allowed.has(name), name);
    const many = evaluate(parse(`${name}(1, 2, 3, 4, 5)`));
    if (name !== "strcat" && name !== "join" && name !== "mergeenvironment") {
      assertEquals(unparseValue(many), "error", name);
    }
  }
  assertEquals(functionNames().length, 94);
});

import { assert, assertEquals } from "@std/assert";
import { evaluate, parse, unparseValue } from "../../lib/classad/mod.ts";
import { compileRegexp } from "../../lib/classad/regexp/mod.ts";

/**
 * Returns the match and its groups, null if nothing matches, or "error" if the
 * text is not a pattern.
 */
function find(pattern: string, text: string, options = "") {
  const regexp = compileRegexp(pattern, options);
  if (regexp === undefined) return "error";
  return regexp.exec(text, 0)?.groups ?? null;
}

Deno.test("patterns match as in PCRE", () => {
  assertEquals(find("(a)|(b)", "b"), ["b", undefined, "b"]);
  assertEquals(find("(?:a|ab)(?:c|bcd)(d*)", "abcd"), ["abcd", ""]);
  assertEquals(find("(a*)*", "aab"), ["aa", ""]);
  assertEquals(find("^(?>a*)ab", "aaab"), null);
  assertEquals(find("a++b", "aaab"), ["aaab"]);
  assertEquals(find("<.+?>", "<a><b>"), ["<a>"]);
  assertEquals(find("(?<=a|bc)d", "bcd"), ["d"]);
  assertEquals(find("(?<!a)b", "ab b"), ["b"]);
  assertEquals(find("foo(?=bar)", "foobar"), ["foo"]);
  assertEquals(find("foo\\Kbar", "foobar"), ["bar"]);
  assertEquals(find("(?<year>\\d{4})-\\k<year>", "2001-2001"), [
    "2001-2001",
    "2001",
  ]);
  assertEquals(find("(a)?(?(1)b|c)", "c"), ["c"]);
  assertEquals(find("\\((?:[^()]|(?R))*\\)", "x(a(b)c)"), ["(a(b)c)"]);
  assertEquals(find("(?|(a)|(b))\\1", "bb"), ["bb", "b"]);
  assertEquals(find("\\bA\\b", "x A y"), ["A"]);
  assertEquals(find("\\Qa.b\\E+", "a.bb"), ["a.bb"]);
  assertEquals(find("[[:alpha:]]+[^[:space:]]", "ab1 "), ["ab1"]);
  assertEquals(find("a{,2}b", "aab"), ["aab"]);
  assertEquals(find("a{2", "a{2"), ["a{2"]);
});

Deno.test("options change how case, lines, the dot and spaces match", () => {
  assertEquals(find("ABC", "abc", "i"), ["abc"]);
  assertEquals(find("^b$", "a\nb\nc"), null);
  assertEquals(find("^b$", "a\nb\nc", "m"), ["b"]);
  assertEquals(find("a.b", "a\nb"), null);
  assertEquals(find("a.b", "a\nb", "s"), ["a\nb"]);
  assertEquals(find("a b # c\nd", "abd", "x"), ["abd"]);
  assertEquals(find("(?i)a(?-i)b", "AB"), null);
  assertEquals(find("b$", "ab\n"), ["b"]);
  assertEquals(find("b\\z", "ab\n"), null);
});

Deno.test("patterns that PCRE refuses are refused", () => {
  for (
    const pattern of [
      "(",
      ")",
      "[",
      "a**",
      "*a",
      "a{3,2}",
      "[b-a]",
      "\\",
      "(?<n>a)(?<n>b)",
      "\\1",
      "(?(2)a)",
      "[[:nope:]]",
      "\\y",
      "^*",
      "\\b+",
      "(?<=a*)b",
      "(?=a\\K)",
      "(?z)",
      "x{70000}",
    ]
  ) assertEquals(find(pattern, ""), "error", pattern);
});

Deno.test("patterns that are not supported are refused", () => {
  for (const pattern of ["\\p{L}", "\\X", "(*COMMIT)a", "(?C1)a", "(?(R)a)"]) {
    assertEquals(find(pattern, ""), "error", pattern);
  }
});

Deno.test("a pattern that would backtrack for ever soon ends as error", () => {
  const start = performance.now();
  for (
    const text of [
      'regexp("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")',
      'regexp("(a|a)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")',
      'regexp("(?:.*.*.*.*.*.*.*.*.*)x?$(?<!b)", strcat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b"))',
      'regexp("(?R)", "a")',
    ]
  ) assertEquals(unparseValue(evaluate(parse(text))), "error", text);
  assert(performance.now() - start < 10_000);
});

Deno.test("the search does not begin if the text lacks a byte that must match", () => {
  const text = 'regexp("(a+)+c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")';
  assertEquals(evaluate(parse(text)), false);
});

Deno.test("large repeats and deep groups neither crash nor hang", () => {
  assertEquals(find("a{65535}", "aa"), null);
  assertEquals(find("(?:(?:a{1000}){1000}){1000}", "aa"), null);
  assertEquals(find("(".repeat(100_000), ""), "error");
  assertEquals(find("(?:" + "a?".repeat(1000) + "){2}", "a"), ["a"]);
  assertEquals(find("(x|y)*z", "x".repeat(100_000) + "z")?.length, 2);
});

Deno.test("patterns match single bytes, also in characters of several bytes", () => {
  const value = (text: string) =>
    unparseValue(evaluate(parse(text, { syntax: "new" })));
  assertEquals(value('regexp("^..$", "é")'), "true");
  assertEquals(value('regexp("É", "é", "i")'), "false");
  assertEquals(value('replaceAll("é", "né", "e")'), '"ne"');
});

Deno.test("replace() and regexps() insert groups", () => {
  const value = (text: string) =>
    unparseValue(evaluate(parse(text, { syntax: "new" })));
  assertEquals(value(String.raw`regexps("(a)(b)", "xaby", "\\2\\1")`), '"ba"');
  assertEquals(
    value(String.raw`replace("(a)(b)", "xaby", "\\2\\1")`),
    '"xbay"',
  );
  assertEquals(value('replaceAll("a", "banana", "o")'), '"bonono"');
  assertEquals(value(String.raw`replace("a", "a", "\\1")`), "error");
  assertEquals(value('regexps("x", "a", "b")'), '""');
  assertEquals(value('regexpMember("^b", { "a", "b" })'), "true");
  assertEquals(value('regexpMember("^b", { "a", undefined })'), "undefined");
});

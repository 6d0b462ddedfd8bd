import { assertEquals, assertThrows } from "@std/assert";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import {
  formatRemaps,
  parseRemaps,
  remap,
  type RemapRule,
} from "../../../lib/lumberjack/files/remaps.ts";

/** Returns where the remaps in `text` send a name, in the given release. */
function sent(text: string, name: string, release?: "23.9" | "25"): string {
  const found = remap(parseRemaps(text, release), name);
  if (found === undefined) return name;
  return "circle" in found ? "circle" : found.target;
}

// The expected values were seen in real runs of 23.9.6 and 25.14.1.
// tests/pool/job_files_test.ts runs these remaps, and others, again.
Deno.test("a remap gives the same target as in HTCondor", () => {
  const text = " o1 = sub/o1.new ; o2=/data/o2";
  assertEquals(sent(text, "o1"), "sub/o1.new");
  assertEquals(sent(text, "o2"), "/data/o2");
  assertEquals(sent(text, "o3"), "o3");
  const escaped = String.raw`a\=b=sub/x\;y;q\r=sub\q\=;z = two words `;
  assertEquals(sent(escaped, "a=b"), "sub/x;y");
  assertEquals(sent(escaped, "q\\r"), "sub\\q\\=");
  assertEquals(sent(escaped, "z"), "two words");
});

Deno.test("the first rule for a name counts, and another rule can apply to its target", () => {
  assertEquals(sent("o1=first;o1=second", "o1"), "first");
  assertEquals(sent("o1=o2;o2=sub/o3", "o1"), "sub/o3");
});

Deno.test("if a name has no rule, the rule for its folder applies", () => {
  assertEquals(sent("od=sub", "od/deep/o3"), "sub/deep/o3");
  assertEquals(sent("od=sub;od/o2=x", "od/o2"), "x");
  assertEquals(sent("=x", "/a"), "x/a");
});

Deno.test("rules that lead back to their own name are a circle", () => {
  assertEquals(sent("o1=o1", "o1"), "circle");
  assertEquals(sent("o1=o1/x", "o1"), "circle");
  assertEquals(sent("a=b;b=a", "a"), "circle");
  assertEquals(sent("a=b", "a/".repeat(130) + "x"), "circle");
});

Deno.test("release 25 skips a rule without an equals sign, and 23.9 makes it part of the next name", () => {
  assertEquals(sent("o1;;o2=x;o3=y;", "o2", "25"), "x");
  assertEquals(sent("o1;;o2=x;o3=y;", "o2", "23.9"), "o2");
  assertEquals(sent("o1;;o2=x;o3=y;", "o3", "23.9"), "y");
  assertEquals(sent("  x;c=d", "c", "25"), "d");
});

Deno.test("tabs and line ends are dropped, and the last rule may have an empty target", () => {
  assertEquals(sent("a\tb=c\n;d=e", "ab"), "c");
  assertEquals(sent("a=", "a"), "");
  assertEquals(parseRemaps("a"), []);
  assertEquals(parseRemaps(""), []);
});

Deno.test("formatRemaps() writes what parseRemaps() reads, for both releases", () => {
  const rules: RemapRule[] = [
    { name: "a=b", target: "x;y=z" },
    { name: "back\\=slash", target: "q\\;r" },
    { name: "caf\udce9", target: "/data/two words" },
    { name: "\\x", target: "\\\\x" },
  ];
  for (const release of ["23.9", "25"] as const) {
    assertEquals(parseRemaps(formatRemaps(rules), release), rules);
  }
  assertEquals(formatRemaps([]), "");
});

Deno.test("formatRemaps() refuses rules that HTCondor cannot express", () => {
  const wrong: RemapRule[] = [
    { name: "a;b", target: "x" },
    { name: "a\\", target: "x" },
    { name: "a", target: "x\\" },
    { name: " a", target: "x" },
    { name: "a", target: "" },
    { name: "a\tb", target: "x" },
    { name: "a", target: "x\ny" },
  ];
  for (const rule of wrong) {
    assertThrows(
      () => formatRemaps([rule]),
      LumberjackError,
      "cannot express",
      JSON.stringify(rule),
    );
  }
});

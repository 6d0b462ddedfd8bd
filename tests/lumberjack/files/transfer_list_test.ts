import { assertEquals, assertThrows } from "@std/assert";
import { LumberjackError } from "../../../lib/lumberjack/error.ts";
import {
  formatTransferList,
  parseTransferList,
  parseWordList,
} from "../../../lib/lumberjack/files/transfer_list.ts";

Deno.test("parseTransferList() splits at commas, trims names and drops empty entries", () => {
  assertEquals(parseTransferList(""), []);
  assertEquals(parseTransferList(" ,\t, "), []);
  assertEquals(parseTransferList(" a.txt ,\tb c.txt,, in.txt,a.txt,"), [
    "a.txt",
    "b c.txt",
    "in.txt",
    "a.txt",
  ]);
});

Deno.test("parseTransferList() takes quotes as part of the name", () => {
  // For `a.txt,"b c.txt"`, both releases look for a file with quotes in its
  // name.
  assertEquals(parseTransferList('a.txt,"b c.txt",d/'), [
    "a.txt",
    '"b c.txt"',
    "d/",
  ]);
  assertEquals(parseTransferList(String.raw`a\,b`), ["a\\", "b"]);
});

Deno.test("parseTransferList() keeps bytes that are not UTF-8, and white space that C does not know as such", () => {
  assertEquals(parseTransferList("caf\udce9,\u00a0x\u00a0"), [
    "caf\udce9",
    "\u00a0x\u00a0",
  ]);
});

Deno.test("parseWordList() splits at white space too", () => {
  assertEquals(parseWordList(" c1 d2,\tx\n"), ["c1", "d2", "x"]);
  assertEquals(parseWordList(""), []);
});

Deno.test("formatTransferList() writes what parseTransferList() reads", () => {
  const names = ["a", "b c", '"q"', "d/", "x\\", "caf\udce9", "s;c"];
  assertEquals(parseTransferList(formatTransferList(names)), names);
  assertEquals(formatTransferList([]), "");
});

Deno.test("formatTransferList() refuses names that a list cannot hold", () => {
  for (const name of ["", "a,b", " a", "a\t", ","]) {
    assertThrows(
      () => formatTransferList(["ok", name]),
      LumberjackError,
      "cannot list",
    );
  }
});

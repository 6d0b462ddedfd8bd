import { assertEquals } from "@std/assert";
import {
  compareKeys,
  formatKey,
  isCanonicalKey,
  parseKey,
} from "../../lib/queue_log/mod.ts";

Deno.test("parseKey() knows the kinds of ads", () => {
  const kinds = Object.fromEntries(
    [
      "0.0",
      "0.7",
      "012.-1",
      "12.0",
      "12.-100",
      "12.-2",
      "12.-99",
      "0.-1",
      "-1.0",
    ].map((key) => [key, parseKey(key).kind]),
  );
  assertEquals(kinds, {
    "0.0": "header",
    "0.7": "user",
    "012.-1": "cluster",
    "12.0": "proc",
    "12.-100": "jobset",
    "12.-2": "cluster-private",
    "12.-99": "other",
    "0.-1": "other",
    "-1.0": "other",
  });
});

Deno.test("parseKey() reads odd keys as the schedd does", () => {
  const numbers = (key: string) => {
    const { cluster, proc } = parseKey(key);
    return [cluster, proc];
  };
  assertEquals(numbers("5"), [5, -1]);
  assertEquals(numbers("5."), [5, -1]);
  assertEquals(numbers("5.x"), [5, -1]);
  assertEquals(numbers("5x.3"), [5, 0]);
  assertEquals(numbers("5.3x"), [5, 3]);
  assertEquals(numbers("abc"), [0, 0]);
  assertEquals(numbers(".7"), [0, 7]);
  assertEquals(numbers("005.007"), [5, 7]);
  assertEquals(numbers("4294967297.0"), [1, 0]);
  assertEquals(numbers("99999999999999999999.0"), [-1, 0]);
});

Deno.test("formatKey() reverses parseKey()", () => {
  for (const key of ["0.0", "0.1", "01.-1", "1.0", "2147483647.2147483647"]) {
    const { cluster, proc } = parseKey(key);
    assertEquals(formatKey(cluster, proc), key);
    assertEquals(isCanonicalKey(key), true);
  }
  for (const key of ["1.-1", "01.0", "1", "+1.0"]) {
    assertEquals(isCanonicalKey(key), false, key);
  }
});

Deno.test("compareKeys() orders by number, not by text", () => {
  const keys = ["10.0", "2.10", "2.9", "02.-1", "0.0"].map(parseKey);
  assertEquals(
    keys.sort(compareKeys).map((k) => formatKey(k.cluster, k.proc)),
    ["0.0", "02.-1", "2.9", "2.10", "10.0"],
  );
});

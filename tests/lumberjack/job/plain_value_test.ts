import { assertEquals } from "@std/assert";
import { parse, unparse } from "../../../lib/classad/mod.ts";
import {
  isPlainValue,
  plainInteger,
  plainString,
} from "../../../lib/lumberjack/job/plain_value.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("isPlainValue() accepts only texts that the parser reads as literals", () => {
  const texts = [
    ...["0", "7", "-7", "007", "08", "1.5", "-0.25", "1.", ".5", "1e3", "0x1F"],
    ...['""', '"a b"', '"a\\"b"', '"a', 'a"', '"a" + "b"', '"ü"', "true"],
    ...[
      "false",
      "TRUE",
      "undefined",
      "error",
      "Owner",
      "1 + 1",
      "",
      "-",
      "--1",
    ],
    ...["999999999999999", "9999999999999999999999", '"', "1K", "12B"],
  ];
  for (const text of texts) {
    if (!isPlainValue(bytes(text))) continue;
    const expr = parse(text);
    // For the parser a minus sign is an operator, but a negative number is plain.
    const inner = expr.kind === "operation" ? expr.operands[0] : expr;
    assertEquals(inner.kind, "literal", text);
    assertEquals(unparse(parse(text)).length > 0, true);
  }
  assertEquals(texts.filter((text) => isPlainValue(bytes(text))), [
    "0",
    "7",
    "-7",
    "1.5",
    "-0.25",
    '""',
    '"a b"',
    "true",
    "false",
    "999999999999999",
  ]);
});

Deno.test("plainString() and plainInteger() return the same values as the parser", () => {
  for (const text of ['"a b"', '""', "0", "42", "-17"]) {
    const expr = parse(text);
    const value = plainString(bytes(text)) ?? plainInteger(bytes(text));
    const parsed = expr.kind === "literal" ? expr.value : -17n;
    assertEquals(value, parsed, text);
  }
  assertEquals(plainInteger(bytes("1.5")), undefined);
  assertEquals(plainString(bytes('"a\\"b"')), undefined);
});

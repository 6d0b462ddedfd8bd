import { assertEquals, assertNotEquals } from "@std/assert";
import { functionNames } from "../../lib/classad/mod.ts";
import { CALLS, ourAnswer, respell } from "./spellings.ts";

Deno.test("CALLS calls every function, and no call in it is error or undefined", () => {
  const named = new Set<string>();
  for (const call of CALLS) {
    respell(call, (name) => {
      named.add(name.toLowerCase());
      return name;
    });
    assertNotEquals(ourAnswer(call, "25"), "error", call);
    assertNotEquals(ourAnswer(call, "25"), "undefined", call);
  }
  assertEquals([...named].sort(), functionNames());
});

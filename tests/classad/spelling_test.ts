import { assertEquals, assertNotEquals } from "@std/assert";
import { functionNames } from "../../lib/classad/mod.ts";
import { CALLS, ourAnswer, respell } from "./spellings.ts";

Deno.test("the calls name every function, and none is an error as spelled in the manual", () => {
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

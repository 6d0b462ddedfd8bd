import { assert } from "@std/assert";
import { fuzz } from "./fuzz.ts";

Deno.test("damaged user logs do not stop the reader, and the writer writes the events that were read", () => {
  assert(fuzz({ seed: 1, count: 300, milliseconds: 3000 }) > 30);
});

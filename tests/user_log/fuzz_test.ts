import { assert } from "@std/assert";
import { fuzz } from "./fuzz.ts";

Deno.test("damaged user logs neither stop the reader nor make the writer write something else", () => {
  assert(fuzz({ seed: 1, count: 300, milliseconds: 3000 }) > 30);
});

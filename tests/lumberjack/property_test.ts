import { checkProperties } from "./properties.ts";

Deno.test("export and import keep every job in exactly one place, whatever the queue and whatever comes back", async () => {
  await checkProperties({ seed: 1, count: 60 });
});

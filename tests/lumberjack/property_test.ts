import { checkProperties } from "./properties.ts";

Deno.test("export and import keep every job in exactly one place, with random queues and random returned logs", async () => {
  await checkProperties({ seed: 1, count: 60 });
});

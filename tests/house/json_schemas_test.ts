import { assert, assertEquals, assertThrows } from "@std/assert";
import { shownVerbs } from "../../lib/commands/verbs.ts";
import { folder, schemas } from "../../scripts/json_schemas.ts";
import { checkDocument } from "../commands/json_schema.ts";

/** The verbs that print a text for another program, and no JSON. */
const textOnly = ["completion", "schema"];

Deno.test("docs/schemas has the schema of every verb's --json, as the code's types have it", async () => {
  const made = schemas();
  assertEquals(
    shownVerbs().map(({ name }) => name)
      .filter((name) => !textOnly.includes(name))
      .map((name) => `${name.replace(" ", "-")}.json`).sort(),
    [...made.keys()].sort(),
    'the verb\'s file exports no type "Json"',
  );
  const old: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    if (made.get(name) !== text) old.push(name);
    made.delete(name);
  }
  old.push(...made.keys());
  assert(
    old.length === 0,
    `not current: ${old.join(", ")}: run \`scripts/deno task docs:schemas\``,
  );
});

Deno.test("every property in docs/schemas is described", () => {
  const missing: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    const text = Deno.readTextFileSync(new URL(name, folder));
    JSON.parse(text, (_key, value) => {
      if (value?.type !== "object") return value;
      for (const [property, schema] of Object.entries(value.properties ?? {})) {
        const { description } = schema as { description?: string };
        if (!description) missing.push(`${name}: ${property}`);
      }
      return value;
    });
  }
  assertEquals([...new Set(missing)], []);
});

Deno.test("a document with a property that its schema does not name is noticed", () => {
  const good = { exportId: "e", folder: "/f", jobs: 1 };
  assert(checkDocument(["remote", "cancel"], good));
  const wrong: unknown[] = [
    { ...good, more: 1 },
    { ...good, jobs: "1" },
    { exportId: "e" },
  ];
  for (const document of wrong) {
    assertThrows(
      () => checkDocument(["remote", "cancel", "--all"], document),
      Error,
      "docs/schemas",
    );
  }
});

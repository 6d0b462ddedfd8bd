import { assert, assertEquals } from "@std/assert";

/** What `deno doc --json` says of a symbol, as far as it is needed here. */
interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
  }[];
}

async function symbolsOf(file: string): Promise<readonly Symbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
  }).output();
  const { nodes }: {
    readonly nodes: Readonly<Record<string, { readonly symbols: Symbol[] }>>;
  } = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** Only these are used; types are shown by the examples that use them. */
const used = ["function", "class"];

Deno.test("every function and class of mod.ts is documented with an example", async () => {
  const symbols = await symbolsOf("mod.ts");
  assert(symbols.some(({ name }) => name === "exportJobs"));
  const without = symbols.filter(({ declarations }) =>
    declarations.some(({ kind, jsDoc }) =>
      used.includes(kind) &&
      !jsDoc?.tags?.some(({ kind }) => kind === "example")
    )
  );
  assertEquals(without.map(({ name }) => name), []);
});

import { assert, assertEquals } from "@std/assert";

/** The part of a symbol in `deno doc --json` that this test needs. */
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

/** Kinds of symbols that need an example. Types appear in these examples. */
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

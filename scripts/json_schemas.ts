/**
 * Writes docs/schemas: a JSON schema for what each verb prints with `--json`.
 * Each schema is made from the type `Json` in the verb's own file. Usage: deno
 * task docs:schemas
 *
 * The packages stand here and not in deno.json, because scripts/build would put
 * them into the executable.
 *
 * @module
 */
import {
  type CompletedConfig,
  createFormatter,
  createParser,
  DEFAULT_CONFIG,
  type Schema,
  SchemaGenerator,
} from "npm:ts-json-schema-generator@2.10.0";
import ts from "npm:typescript@6.0.3";

/** The folder with the schemas. */
export const folder = new URL("../docs/schemas/", import.meta.url);
const commands = new URL("../lib/commands/", import.meta.url);

/** Returns the text of every schema, by the name of its file. */
export function schemas(): Map<string, string> {
  const files = verbFiles();
  const program = ts.createProgram([...files.values()], {
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ESNext,
    types: [],
  });
  const config: CompletedConfig = {
    ...DEFAULT_CONFIG,
    // A later version may add a property.
    additionalProperties: true,
    topRef: false,
  };
  const generator = new SchemaGenerator(
    program,
    createParser(program, config),
    createFormatter(config),
    config,
  );
  const texts = new Map<string, string>();
  for (const [verb, file] of files) {
    const type = jsonTypeOf(program.getSourceFile(file));
    if (type === undefined) continue;
    const { $schema, definitions = {}, description: _, ...schema } =
      withPlainWords(
        generator.createSchemaFromNodes([type]),
      );
    const named = {
      ...{ $schema, title: `lumberjack ${verb} --json` },
      description: descriptionOf(type, verb),
      ...schema,
      ...(Object.keys(definitions).length > 0 ? { definitions } : {}),
    };
    const name = `${verb.replace(" ", "-")}.json`;
    texts.set(name, JSON.stringify(named, null, 2) + "\n");
  }
  return texts;
}

/** Returns the file of each verb, as the table of verbs names it. */
function verbFiles(): Map<string, string> {
  const table = Deno.readTextFileSync(new URL("verbs.ts", commands));
  const line =
    /verb\(\s*"([^"]+)",\s*"[^"]*",\s*\(\) =>\s*import\("\.\/([^"]+)"\)/g;
  return new Map(
    [...table.matchAll(line)].map(([, verb, file]) =>
      [verb, new URL(file, commands).pathname] as const
    ),
  );
}

/** Returns what a verb's file calls `Json`; undefined if it prints none. */
function jsonTypeOf(
  file: ts.SourceFile | undefined,
): ts.InterfaceDeclaration | ts.TypeAliasDeclaration | undefined {
  return file?.statements
    .filter((statement) =>
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    ).find(({ name }) => name.text === "Json");
}

function descriptionOf(type: ts.Node, verb: string): string {
  const [comment] = ts.getJSDocCommentsAndTags(type);
  const text = ts.getTextOfJSDocComment(comment?.comment) ?? "";
  if (!text.startsWith("What `--json` prints")) {
    throw new Error(`${verb}: the comment of Json does not say what it is`);
  }
  return text.replace("`--json`", () => `\`lumberjack ${verb} --json\``)
    .replaceAll("\n", " ");
}

/**
 * Removes the descriptions of the compiler's own types, such as `Omit`, which say
 * nothing about the document, and the marks of links in other descriptions.
 */
function withPlainWords(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key !== "description" || typeof value !== "string") return value;
    if (compilersWords.test(value)) return undefined;
    return value.replace(/ *\{@link(?:code)? +([^ }]+) *\} */g, " `$1` ")
      .replace(/ +(?=[,.;:)])/g, "").trim();
  });
}

const compilersWords =
  /^(From T, pick|Exclude from T|Extract from T|Construct a type)/;

if (import.meta.main) {
  const texts = schemas();
  Deno.mkdirSync(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(folder)) {
    if (!texts.has(name)) Deno.removeSync(new URL(name, folder));
  }
  for (const [name, text] of texts) {
    Deno.writeTextFileSync(new URL(name, folder), text);
  }
}

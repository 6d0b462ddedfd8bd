import { Ajv, type AnySchema, type ValidateFunction } from "npm:ajv@8.20.0";

const folder = new URL("../../docs/schemas/", import.meta.url);
const validators = new Map<string, ValidateFunction | undefined>();

/**
 * Compares what a command line printed with the JSON schema of its verb. Throws
 * an error if the document has another form, or a property that the schema does
 * not name. `words` are the words after the program's name. Returns whether the
 * verb has a schema.
 */
export function checkDocument(
  words: readonly string[],
  document: unknown,
): boolean {
  const validate = validatorFor(words.slice(0, 2).join("-")) ??
    validatorFor(words[0]);
  if (validate === undefined) return false;
  if (validate(document)) return true;
  const problems = (validate.errors ?? []).map((error) =>
    `${error.instancePath || "the document"} ${error.message} ` +
    JSON.stringify(error.params)
  );
  throw new Error(
    `lumberjack ${words.join(" ")} --json is not as docs/schemas says:\n` +
      problems.join("\n") + "\n" + JSON.stringify(document).slice(0, 2000),
  );
}

/**
 * Compares the output of `lumberjack … --json` with the schema, if `command` is
 * such a command and its output is one document. A killed run may have printed
 * nothing.
 */
export function checkOutput(command: readonly string[], stdout: string): void {
  const at = command.indexOf("lumberjack");
  if (at < 0 || !command.includes("--json")) return;
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    return;
  }
  checkDocument(command.slice(at + 1), document);
}

function validatorFor(name: string): ValidateFunction | undefined {
  if (!validators.has(name)) validators.set(name, compile(name));
  return validators.get(name);
}

function compile(name: string): ValidateFunction | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(new URL(`${name}.json`, folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return new Ajv({ allowUnionTypes: true }).compile(closed(text));
}

/**
 * Returns the schema, which here allows no property that it does not name. The
 * schemas for users allow more, because a later version may add a property.
 */
function closed(text: string): AnySchema {
  return JSON.parse(text, (_key, value) => {
    const isOpen = value?.type === "object" && value.properties !== undefined &&
      value.additionalProperties === undefined;
    return isOpen ? { ...value, additionalProperties: false } : value;
  });
}

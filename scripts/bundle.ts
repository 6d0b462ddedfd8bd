/**
 * Makes few files of the program and the npm packages that it uses, for
 * scripts/build: each verb is loaded from a file of its own, with what it
 * shares with other verbs in further files. Nothing else of the packages gets
 * into the executable. Usage: scripts/bundle.ts FOLDER
 *
 * The files have the same bytes wherever the checkout and Deno's cache lie.
 *
 * @module
 */
import { dirname, fromFileUrl, join, relative } from "@std/path";

const checkout = dirname(dirname(fromFileUrl(import.meta.url)));

/** Runs Deno in the checkout and returns what it printed. */
async function deno(...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: checkout,
    stderr: "inherit",
  }).output();
  if (!success) Deno.exit(1);
  return new TextDecoder().decode(stdout);
}

/**
 * Returns the files under stable names. The names that the bundler gives, and
 * its comments, depend on the paths of this machine.
 */
function withStableNames(
  files: ReadonlyMap<string, string>,
  npmCache: string,
): Map<string, string> {
  const hash = /-[0-9A-Z]{8}\.js\b/g;
  const clean = [...files].map(([name, text]) => ({
    name,
    text: text.replaceAll(npmCache, "npm"),
  }));
  const key = ({ name, text }: { name: string; text: string }) =>
    `${name.replace(hash, "")}\n${text.replace(hash, "")}`;
  clean.sort((a, b) => key(a) < key(b) ? -1 : 1);
  const names = new Map(
    clean.map(({ name }, index) =>
      [name, name.replace(hash, () => `-${index}.js`)] as const
    ),
  );
  return new Map(clean.map(({ name, text }) => [
    names.get(name)!,
    text.replace(
      /[\w-]+-[0-9A-Z]{8}\.js\b/g,
      (found) => names.get(found) ?? found,
    ),
  ]));
}

const [folder] = Deno.args;
Deno.mkdirSync(folder, { recursive: true });
await deno(
  ...["bundle", "--quiet", "--code-splitting", "--outdir", folder, "cli.ts"],
);
const { npmCache }: { readonly npmCache: string } = JSON.parse(
  await deno("info", "--json"),
);
const files = new Map<string, string>();
for (const { name } of [...Deno.readDirSync(folder)]) {
  files.set(name, Deno.readTextFileSync(join(folder, name)));
  Deno.removeSync(join(folder, name));
}
const stable = withStableNames(files, relative(checkout, npmCache));
for (const [name, text] of stable) {
  Deno.writeTextFileSync(join(folder, name), text);
}

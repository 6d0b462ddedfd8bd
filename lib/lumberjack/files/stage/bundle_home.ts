/**
 * Where an export lives at home when it leaves as a bundle: in a folder beside
 * the bundle, which keeps the manifest and the log. `status`, `recover` and the
 * import find it there.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { OutputDirectoryError } from "../../error.ts";

/** The folder beside a bundle that keeps its export's manifest at home. */
export function homeOfBundle(bundle: string): string {
  return `${bundle}.export`;
}

/**
 * The bundle of one owner's export. With several owners each has a folder in the
 * export's folder, and a bundle with the owner's name: `jobs.alice.tar.zst`.
 */
export function bundleOfOwner(bundle: string, exportDir: string): string {
  if (exportDir === homeOfBundle(bundle)) return bundle;
  const name = basename(bundle);
  const [, stem, ending] = /^(.+?)(\.t(?:ar|gz)(?:\..*)?)$/.exec(name) ??
    [name, name, ""];
  return join(dirname(bundle), `${stem}.${basename(exportDir)}${ending}`);
}

/**
 * Makes the folder beside a bundle. When it is disposed of, it is removed if it
 * is empty. Throws OutputDirectoryError if the bundle is there already, or if the
 * folder cannot be made.
 */
export function makeHomeOfBundle(
  bundle: string,
): Disposable & { readonly path: string } {
  if (isThere(bundle)) {
    throw new OutputDirectoryError("the bundle exists already", {
      subject: bundle,
      remedy: "name another file with --bundle, or remove it",
    });
  }
  const path = homeOfBundle(bundle);
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) {
      throw new OutputDirectoryError("cannot make the folder of the export", {
        cause,
        subject: path,
        remedy: "make the folder of the bundle, and check its permissions",
      });
    }
  }
  return { path, [Symbol.dispose]: () => removeIfEmpty(path) };
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function removeIfEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It holds the export.
  }
}

/**
 * Returns the folder of files that come with the program: `name` is its path in
 * the checkout. In the executable, `scripts/build` puts these folders beside the
 * folder of the code.
 */
export function ownFolder(name: string): URL {
  return Deno.build.standalone
    ? new URL(`../${name}/`, Deno.mainModule)
    : new URL(`../../${name}/`, import.meta.url);
}

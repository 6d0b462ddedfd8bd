/**
 * What the pool tests need of the machine that they run on.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";

/** The roots by Debian's names: `trixie` has HTCondor 23.9, `sid` 25. */
export type Root = "trixie" | "sid";

/** All roots, the older HTCondor first. */
export const roots: readonly Root[] = ["trixie", "sid"];

function script(name: string): string {
  return fromFileUrl(new URL(`../../../scripts/${name}`, import.meta.url));
}

async function ask(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(script(name), {
    args,
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(text.decode(stderr).trim());
  return text.decode(stdout).trim();
}

/** The folder of the root. */
export function rootFolder(root: Root): Promise<string> {
  return ask("roots", "--where", root);
}

/** The folder that keeps tool chain and roots between runs. */
export async function cacheFolder(): Promise<string> {
  return join(await rootFolder("trixie"), "../..");
}

/** The Deno that the project is run with, as one file. */
export function denoExecutable(): Promise<string> {
  return ask("deno", "--where");
}

/**
 * Why this machine can't run pool tests, or undefined when it can. Missing
 * roots are built, which takes a minute or two once.
 */
export async function obstacle(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "not Linux";
  if (Deno.uid() !== 0) return "not root";
  try {
    await ask("roots");
  } catch (error) {
    return (error as Error).message.split("\n").at(-1);
  }
}

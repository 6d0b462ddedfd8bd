/**
 * What the pool tests need from the host on which they run.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";

/** The roots by Debian's names: `trixie` has HTCondor 23.9, `sid` 25. */
export type Root = "trixie" | "sid";

/**
 * Further machines. `hpc` belongs to an HPC centre: Slurm and Apptainer, no
 * HTCondor. `packaging` is trixie with the tools of packages, built by
 * scripts/packaging/tools-root.
 */
export type MachineRoot = Root | "hpc" | "packaging";

/** The roots of the pool tests, the older HTCondor first. */
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

/** Returns the folder of a root. */
export function rootFolder(root: MachineRoot): Promise<string> {
  return ask("roots", "--where", root);
}

/** Returns the folder that keeps the tool chain and the roots between runs. */
export async function cacheFolder(): Promise<string> {
  return join(await rootFolder("trixie"), "../..");
}

/** Returns the path of the project's Deno executable. */
export function denoExecutable(): Promise<string> {
  return ask("deno", "--where");
}

/**
 * Returns why this host can't run pool tests, or undefined if it can. If roots
 * are missing (by default those with HTCondor), it builds them. This takes some
 * minutes, once.
 */
export async function obstacle(
  ...roots: readonly MachineRoot[]
): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "not Linux";
  if (Deno.uid() !== 0) return "not root";
  try {
    await ask("roots", ...roots);
  } catch (error) {
    return (error as Error).message.split("\n").at(-1);
  }
}

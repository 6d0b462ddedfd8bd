/**
 * Runs the programs that make packages: those of this host, or those of the root
 * that scripts/packaging/tools-root builds.
 *
 * @module
 */
import { join } from "@std/path";

/** A program ended with another status than 0. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/**
 * Runs a program on the files of `folder`, which is its working folder and the
 * only one that it may need. `env` is added to the environment, and `program` is
 * what has to be installed, if it is not the command's first word.
 */
export async function runTool(
  checkout: string,
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program: string = command[0],
): Promise<void> {
  const hasIt = await isHere(program);
  const line = hasIt
    ? command
    : await inRoot(checkout, folder, command, program);
  const { success, stdout, stderr } = await new Deno.Command(line[0], {
    args: line.slice(1),
    cwd: hasIt ? folder : "/",
    env: { LC_ALL: "C.UTF-8", ...env },
    stdin: "null",
  }).output();
  if (success) return;
  const said = new TextDecoder();
  throw new ToolError(
    `${command.join(" ")} failed:\n${said.decode(stdout)}${
      said.decode(stderr)
    }`,
  );
}

async function isHere(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$1"', "sh", program],
    stdout: "null",
  }).output();
  return success;
}

/** The words that run a command in the root, with `folder` at /mnt there. */
async function inRoot(
  checkout: string,
  folder: string,
  command: readonly string[],
  program: string,
): Promise<string[]> {
  const script = join(checkout, "scripts/packaging/tools-root");
  const build = await new Deno.Command(script, { stderr: "inherit" }).output();
  if (!build.success) {
    throw new ToolError(
      `${program} is missing here: install it, or run this as root on Debian`,
    );
  }
  const { stdout } = await new Deno.Command(script, { args: ["--where"] })
    .output();
  const root = new TextDecoder().decode(stdout).trim();
  const inside = `
    mount --bind "$2" "$1/mnt"
    mount -t proc proc "$1/proc"
    mount --bind /dev "$1/dev"
    root=$1
    shift 2
    exec chroot "$root" sh -c 'cd /mnt && exec "$@"' sh "$@"`;
  return [
    ..."unshare --mount --propagation private sh -euc".split(" "),
    ...[inside, "sh", root, folder, ...command],
  ];
}

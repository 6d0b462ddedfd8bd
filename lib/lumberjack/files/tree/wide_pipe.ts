/**
 * Pipes to and from other processes that hold more than the kernel's 64 kB, so
 * that both sides work at the same time and wake each other less often.
 *
 * @module
 */
import { isThere } from "./is_there.ts";

/** How much a pipe holds, in bytes: what Linux allows every user. */
export const widePipe = 1024 * 1024;

/**
 * F_SETPIPE_SZ of Linux, which Deno cannot call. If it fails, the pipe stays as it
 * is. HTCondor's packages require perl.
 */
const script =
  'fcntl(STREAM, 1031, 0 + shift); exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n"';

/**
 * Returns a command line that makes the pipe at the standard input or output of a
 * program hold `bytes`, and then becomes that program. Without perl it is the
 * command line itself.
 *
 * @example
 * ```ts
 * import { withWidePipe } from "./wide_pipe.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const words = withWidePipe("STDIN", 1024 * 1024, ["zstd", "-1"]);
 * assertEquals(words.slice(-2), ["zstd", "-1"]);
 * ```
 */
export function withWidePipe(
  stream: "STDIN" | "STDOUT",
  bytes: number,
  command: readonly [string, ...string[]],
): [string, ...string[]] {
  if (!isThere("/usr/bin/perl")) return [...command];
  return [
    "perl",
    "-e",
    script.replace("STREAM", stream),
    "--",
    `${bytes}`,
    ...command,
  ];
}

/** Whether a program of this name is in a folder of PATH. */
export function isInstalled(program: string): boolean {
  const folders = Deno.env.get("PATH") ?? "/usr/bin:/bin";
  return folders.split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

import { join } from "@std/path";
import { shellWord } from "../shell_word.ts";
import type { Site } from "./site.ts";

/** What has to be known about a site to type commands there. */
export type Origin = Pick<
  Site,
  "name" | "fetch" | "remoteSpool" | "remoteExecutable"
>;

/**
 * Returns a command for the site, as it is typed at home: by ssh, if the site is
 * reached so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const fetch = { kind: "rsync", host: "login", path: "/lus/out" } as const;
 * assertEquals(atSite({ fetch }, "rm a && ls"), "ssh login 'rm a && ls'");
 * ```
 */
export function atSite(
  { fetch }: Pick<Site, "fetch">,
  command: string,
): string {
  if (fetch.kind !== "rsync") return command;
  const isPlain = !/['"&|;$`]/.test(command);
  return `ssh ${fetch.host} ${isPlain ? command : shellWord(command)}`;
}

/** Returns the folder in which the site runs an export, as a word of a shell. */
export function spoolOf(
  { remoteSpool }: Pick<Site, "remoteSpool">,
  exportId: string,
): string {
  return shellWord(join(remoteSpool, exportId));
}

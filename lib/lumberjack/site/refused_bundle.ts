/**
 * Says what to do about a bundle that came back and cannot be imported.
 *
 * @module
 */
import { join } from "@std/path";
import { DamagedTreeError } from "../files/tree/entry.ts";
import { shellWord } from "../shell_word.ts";
import { atSite, type Origin, spoolOf } from "./at_site.ts";
import { oneLine } from "./retry.ts";
import type { RefusedBundle } from "./site_trouble.ts";

/**
 * Returns why a bundle cannot be imported, and what to do about it at the site. If
 * it is damaged, it may be whole there; if not, its jobs are packed once more.
 *
 * @param bundle The bundle's name.
 * @param error What its import has thrown.
 * @param site Where it comes from.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DamagedTreeError } from "../files/tree/entry.ts";
 *
 * const { problem, advice } = whyRefused(
 *   "20261130T080000Z-0badcafe.1.tar.gz",
 *   new DamagedTreeError("the tree was cut"),
 *   {
 *     name: "ALCF",
 *     fetch: { kind: "rsync", host: "login", path: "/lus/out" },
 *     remoteSpool: "/lus/spool",
 *     remoteExecutable: "lumberjack",
 *   },
 * );
 * assertEquals(
 *   problem,
 *   "import: 20261130T080000Z-0badcafe.1.tar.gz: the tree was cut: have it sent again",
 * );
 * assertEquals(
 *   advice[0],
 *   "is it whole at the site? ssh login lumberjack bundle verify " +
 *     "/lus/out/20261130T080000Z-0badcafe.1.tar.gz",
 * );
 * ```
 */
export function whyRefused(
  bundle: string,
  error: unknown,
  site: Origin,
): Pick<RefusedBundle, "problem" | "advice"> {
  const problem = `import: ${bundle}: ${oneLine(error)}`;
  if (!(error instanceof DamagedTreeError)) return { problem, advice: [] };
  return { problem, advice: adviceFor(bundle, site) };
}

function adviceFor(bundle: string, site: Origin): string[] {
  const { name, fetch } = site;
  const lumberjack = shellWord(site.remoteExecutable);
  const place = fetch.kind === "command" ? "." : fetch.path;
  const file = shellWord(join(place, bundle));
  const spool = spoolOf(site, bundle.split(".")[0]);
  const verify = `${lumberjack} bundle verify ${file}`;
  const pack = `rm -f ${file} && ` +
    `${lumberjack} remote pack --spool ${spool} --out ${file}`;
  return [
    `is it whole at the site? ${atSite(site, verify)}`,
    "if it is, it was damaged on the way: the next try brings it again " +
    `(lumberjack sites ${name} retry)`,
    `if not, pack it again there: ${atSite(site, pack)}`,
    `(--spool is the folder in which the site has run the export` +
    `${fetch.kind === "command" ? "; --out is where FETCH takes it" : ""})`,
  ];
}

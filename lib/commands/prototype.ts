/**
 * Turns a command line of the prototype, condor_lumberjack.py, into ours. The
 * prototype names the verb as a flag, at any place:
 * `--export -jobconstraint EXPR -out DIR -remotespool DIR`. Every verb of one
 * word can be written in this way. The prototype's other flags are aliases of
 * the verbs' own flags. A line that begins with a verb is ours already.
 */
export function prototypeLine(
  words: readonly string[],
  verbs: readonly { readonly name: string }[],
): readonly string[] {
  if (!words[0]?.startsWith("-")) return words;
  const names = new Set(verbs.map((verb) => verb.name));
  const nameOf = (word: string) => /^--?([a-z]+)$/.exec(word)?.[1];
  const at = words.findIndex((word) => names.has(nameOf(word) ?? ""));
  if (at < 0) return words;
  const rest = [...words.slice(0, at), ...words.slice(at + 1)];
  return [nameOf(words[at]) ?? "", ...rest];
}

/**
 * Returns the line that adopts an export, if a line of the prototype means that:
 * `--import -in PATH` in a container whose CONDOR_CONFIG names a spool that no
 * schedd uses yet. Otherwise returns undefined.
 */
export async function adoptionLineOf(
  words: readonly string[],
): Promise<readonly string[] | undefined> {
  const at = words.findIndex((word) => /^--?in$/.test(word));
  const path = words[at + 1];
  const isImport = words.some((word) => /^--?import$/.test(word));
  if (!isImport || at < 0 || path === undefined) return undefined;
  const others = words.filter((_, index) => index !== at && index !== at + 1)
    .filter((word) => !/^--?import$/.test(word));
  if (!others.every((word) => /^--?(json|quiet|debug)$/.test(word))) {
    return undefined;
  }
  const { bareSpool, exportOf } = await import(
    "../lumberjack/remote/bare_spool.ts"
  );
  const spool = await bareSpool();
  if (spool === undefined) return undefined;
  const line = ["remote", "adopt", "--in", exportOf(path), "--spool", spool];
  return [...line, ...others];
}

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

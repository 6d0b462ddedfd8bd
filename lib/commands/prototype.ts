/**
 * The command lines of the prototype, condor_lumberjack.py, name the verb as a
 * flag, at any place: `--export -jobconstraint EXPR -out DIR -remotespool DIR`.
 * This turns them into ours; the flags themselves are aliases of the verbs'
 * own. A line that begins with a verb is ours already.
 */
export function prototypeLine(words: readonly string[]): readonly string[] {
  if (!words[0]?.startsWith("-")) return words;
  const at = words.findIndex((word) => /^--?(export|import)$/.test(word));
  if (at < 0) return words;
  const verb = words[at].replace(/^--?/, "");
  return [verb, ...words.slice(0, at), ...words.slice(at + 1)];
}

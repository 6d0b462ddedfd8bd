/**
 * The command lines of the prototype, condor_lumberjack.py, name the verb as a
 * flag: `--export -jobconstraint EXPR -out DIR -remotespool DIR`. This turns
 * them into ours; the flags themselves are aliases of the verbs' own.
 */
export function prototypeLine(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /^--?(export|import)$/.test(word));
  // Behind a verb of ours the word would be a value, not the prototype's form.
  if (at < 0 || !words.slice(0, at).every((word) => word.startsWith("-"))) {
    // The prototype's parser takes the flag at any place.
    const first = words[0] ?? "";
    if (at < 0 || !first.startsWith("-")) return words;
  }
  const verb = words[at].replace(/^--?/, "");
  return [verb, ...words.slice(0, at), ...words.slice(at + 1)];
}

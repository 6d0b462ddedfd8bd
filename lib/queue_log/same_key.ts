/**
 * Returns whether the key at `at`, including the blank, equals the one at
 * `known`.
 */
export function isSameKey(
  words: DataView,
  at: number,
  known: number,
  length: number,
): boolean {
  // The shortest key is `1.0 `. The last two words may overlap.
  const last = length - 4;
  for (let k = 0; k < last; k += 4) {
    if (words.getInt32(at + k, true) !== words.getInt32(known + k, true)) {
      return false;
    }
  }
  return words.getInt32(at + last, true) ===
    words.getInt32(known + last, true);
}

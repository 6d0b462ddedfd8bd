/**
 * Returns the name that somebody probably meant: one that begins with what was
 * typed, or the nearest one if one or two letters are wrong. Upper and lower
 * case do not count.
 */
export function nearest(
  typed: string,
  names: readonly string[],
): string | undefined {
  const word = typed.toLowerCase();
  if (word === "") return undefined;
  const longer = names.find((name) => name.toLowerCase().startsWith(word));
  if (longer !== undefined) return longer;
  const limit = word.length < 5 ? 1 : 2;
  const [best] = names
    .map((name) => ({ name, wrong: mistakes(word, name.toLowerCase()) }))
    .filter(({ wrong }) => wrong <= limit)
    .sort((a, b) => a.wrong - b.wrong);
  return best?.name;
}

/**
 * Counts the letters that are missing, too many, wrong, or in the wrong order
 * beside each other.
 */
function mistakes(typed: string, name: string): number {
  const rows = [Array.from({ length: name.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= typed.length; i++) {
    const row = [i];
    for (let j = 1; j <= name.length; j++) {
      const same = typed[i - 1] === name[j - 1] ? 0 : 1;
      row[j] = Math.min(
        rows[i - 1][j] + 1,
        row[j - 1] + 1,
        rows[i - 1][j - 1] + same,
      );
      const isSwapped = i > 1 && j > 1 && typed[i - 1] === name[j - 2] &&
        typed[i - 2] === name[j - 1];
      if (isSwapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[typed.length][name.length];
}

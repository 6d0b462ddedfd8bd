/**
 * Counts how many slips lead from one word to another: letters that are missing, too
 * many, wrong, or in each other's place. Upper and lower case count.
 */
export function slipsBetween(typed: string, meant: string): number {
  const rows = [Array.from({ length: meant.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= typed.length; i++) {
    const row = [i];
    for (let j = 1; j <= meant.length; j++) {
      const same = typed[i - 1] === meant[j - 1] ? 0 : 1;
      row[j] = Math.min(
        rows[i - 1][j] + 1,
        row[j - 1] + 1,
        rows[i - 1][j - 1] + same,
      );
      const isSwapped = i > 1 && j > 1 && typed[i - 1] === meant[j - 2] &&
        typed[i - 2] === meant[j - 1];
      if (isSwapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[typed.length][meant.length];
}

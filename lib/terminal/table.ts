/** The options of {@linkcode formatTable}. */
export interface TableOptions {
  /**
   * The columns that are aligned to the right, such as numbers. They count from
   * 0.
   */
  readonly right?: readonly number[];
}

/**
 * Returns rows as a table, one line for each row, with two spaces between
 * columns. Control characters in a cell become spaces. Without rows the text is
 * empty.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return cells.map((row) => {
    const line = row.map((cell, i) =>
      options.right?.includes(i)
        ? cell.padStart(widths[i])
        : cell.padEnd(widths[i])
    );
    return line.join("  ").trimEnd() + "\n";
  }).join("");
}

function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- these would drive the terminal
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
}

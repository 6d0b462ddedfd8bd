/** How {@linkcode formatTable} sets columns. */
export interface TableOptions {
  /** Columns, counted from 0, that are set flush right: numbers. */
  readonly right?: readonly number[];
}

/**
 * Sets rows in columns, two spaces between them, one line a row. Control
 * characters in a cell are shown as spaces. No rows make an empty text.
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

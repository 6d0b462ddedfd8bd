/**
 * Text for people: where output and messages go, tables, progress.
 *
 * @module
 */
export { formatTable, type TableOptions } from "./table.ts";
export { type Sink, Terminal, type TerminalOptions } from "./terminal.ts";

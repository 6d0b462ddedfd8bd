/**
 * Output for people: standard output, messages, tables and progress.
 *
 * @module
 */
export { formatTable, type TableOptions } from "./table.ts";
export { type Sink, Terminal, type TerminalOptions } from "./terminal.ts";

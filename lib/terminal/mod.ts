/**
 * Text for people: where output and messages go, tables, progress.
 *
 * @module
 */
export { type Sink, Terminal, type TerminalOptions } from "./terminal.ts";

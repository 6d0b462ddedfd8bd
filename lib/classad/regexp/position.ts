/**
 * Places in a text that match without taking any byte.
 *
 * @module
 */
import { isWordByte } from "./character.ts";
import type { Position } from "./tree.ts";

/**
 * Returns whether the offset `at` of a byte string is such a place. `start` is
 * where the search started.
 */
export function isAtPosition(
  text: string,
  at: number,
  position: Position,
  start: number,
): boolean {
  switch (position) {
    case "start":
      return at === 0;
    case "line start":
      return at === 0 || (text[at - 1] === "\n" && at < text.length);
    case "end":
      return at === text.length;
    case "end or final newline":
      return at === text.length ||
        (at === text.length - 1 && text[at] === "\n");
    case "line end":
      return at === text.length || text[at] === "\n";
    case "search start":
      return at === start;
    case "word boundary":
      return isWord(text, at - 1) !== isWord(text, at);
    case "no word boundary":
      return isWord(text, at - 1) === isWord(text, at);
  }
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isWordByte(text.charCodeAt(at));
}

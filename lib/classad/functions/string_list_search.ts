/**
 * Searches lists that are strings, such as `"a, b, c"`, without splitting them.
 *
 * @module
 */

/** The default delimiters of stringListMember() and similar functions. */
export const ALL_SPACE = ", \t\r\n";

/** Returns whether a character is white space. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 9 && code <= 13);
}

/**
 * Returns whether a string list contains an item. It does not build the list,
 * because constraints over many ads spend most of their time here.
 */
export function listHas(
  list: string,
  item: string,
  delimiters: string,
  ignoreCase: boolean,
): boolean {
  if (delimiters === ALL_SPACE) {
    const found = usualListHas(list, item, ignoreCase);
    if (found !== undefined) return found;
  }
  const { length } = list;
  for (let i = 0; i < length;) {
    let code = list.charCodeAt(i);
    if (isSpace(code) || isOneOf(delimiters, code)) {
      i++;
      continue;
    }
    const start = i;
    let end = i;
    do {
      i++;
      if (!isSpace(code)) end = i;
      code = i < length ? list.charCodeAt(i) : -1;
    } while (code >= 0 && !isOneOf(delimiters, code));
    if (
      end - start === item.length && equalsAt(list, start, item, ignoreCase)
    ) return true;
  }
  return false;
}

/**
 * Codes up to the comma: 1 marks a usual delimiter, 2 marks other white space.
 */
const USUAL = new Uint8Array(0x2d);
for (const delimiter of ALL_SPACE) USUAL[delimiter.charCodeAt(0)] = 1;
USUAL[0x0b] = USUAL[0x0c] = 2;

/**
 * Does the same as `listHas` for the usual delimiters, but faster. Returns
 * undefined if the list has other white space, which this function cannot
 * handle.
 */
function usualListHas(
  list: string,
  item: string,
  ignoreCase: boolean,
): boolean | undefined {
  const { length } = list;
  let start = 0;
  for (let i = 0; i <= length; i++) {
    const code = i < length ? list.charCodeAt(i) : 0x2c;
    if (code > 0x2c || USUAL[code] === 0) continue;
    if (USUAL[code] === 2) return undefined;
    if (
      i - start === item.length && i > start &&
      equalsAt(list, start, item, ignoreCase)
    ) return true;
    start = i + 1;
  }
  return false;
}

function isOneOf(characters: string, code: number): boolean {
  for (let i = 0; i < characters.length; i++) {
    if (characters.charCodeAt(i) === code) return true;
  }
  return false;
}

/**
 * Returns whether the text contains the item at an offset. Only ASCII letters
 * can match without case.
 */
function equalsAt(
  text: string,
  start: number,
  item: string,
  ignoreCase: boolean,
): boolean {
  for (let i = 0; i < item.length; i++) {
    const a = text.charCodeAt(start + i);
    const b = item.charCodeAt(i);
    if (a === b) continue;
    const lower = a | 0x20;
    if (
      !ignoreCase || lower !== (b | 0x20) || lower < 0x61 || lower > 0x7a
    ) return false;
  }
  return true;
}

import { slipsBetween } from "../lumberjack/slips.ts";

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
    .map((name) => ({ name, wrong: slipsBetween(word, name.toLowerCase()) }))
    .filter(({ wrong }) => wrong <= limit)
    .sort((a, b) => a.wrong - b.wrong);
  return best?.name;
}

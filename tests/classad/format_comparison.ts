/**
 * Compares with HTCondor how this library reads ads in long form and prints
 * them in all forms.
 *
 * @module
 */
import { ClassAd, parse, unparse } from "../../lib/classad/mod.ts";
import { compareNames } from "../../lib/classad/unparse.ts";
import { Generator } from "./generator.ts";
import type { Answer, Oracle } from "./oracle.ts";

/** An ad that HTCondor prints differently after reading it. */
export interface FormatDifference {
  readonly text: string;
  readonly form: "old" | "new" | "json";
  readonly theirs: string | null | undefined;
  readonly ours: string;
}

const NAMES = ["A", "bb", "Cmd", "aa", "x_1", "Requirements", "Environment2"];

/** Strings that only the old syntax can hold. */
const OLD_STRINGS = [
  '"C:\\dir\\"',
  '"a\\"b"',
  '"\\\\host\\share"',
  '"\\n is no newline"',
  '"\\\\"quoted\\" twice"',
  '"é 日本 😀"',
  '"tab\there"',
  '"it\'s"',
];

/** Returns an ad in long form. Each value is a valid expression. */
function longAd(generator: Generator): string {
  const { random } = generator;
  let text = "";
  for (let i = random.below(5) + 1; i > 0; i--) {
    const value = random.oneIn(3)
      ? random.pick(OLD_STRINGS)
      : oldText(generator);
    text += `${random.pick(NAMES)} = ${value}\n`;
  }
  return text;
}

function oldText(generator: Generator): string {
  for (;;) {
    try {
      const expr = parse(generator.expression(), { syntax: "new" });
      const text = unparse(expr);
      parse(text);
      // A newline would end the line, and Python can't read half of a
      // character.
      if (!/\n/.test(text) && text.isWellFormed()) return text;
    } catch {
      // Not every expression can be written in old syntax.
    }
  }
}

/** Compares `count` random ads with one release. */
export async function compareFormats(
  oracle: Oracle,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<FormatDifference[]> {
  const generator = new Generator(seed);
  const differences: FormatDifference[] = [];
  const texts = Array.from({ length: count }, () => longAd(generator));
  const answers = await oracle.ask(texts.map((old) => ({ old })));
  texts.forEach((text, i) => {
    if (!answers[i].crashed) differences.push(...compareOne(text, answers[i]));
  });
  return differences;
}

function compareOne(text: string, theirs: Answer): FormatDifference[] {
  const entries = [...ClassAd.parseLong(text)];
  // HTCondor sorts attributes. This library keeps the order in which they came.
  const ad = new ClassAd(entries.sort(([a], [b]) => compareNames(a, b)));
  const ours = {
    old: ad.toLong(),
    new: ad.toNew(),
    json: ad.toJson(),
  };
  return (["old", "new", "json"] as const)
    .filter((form) => form in theirs && theirs[form] !== ours[form])
    .map((form) => ({ text, form, theirs: theirs[form], ours: ours[form] }));
}

/**
 * Ads in any of the forms that HTCondor's tools print.
 *
 * @module
 */
import { ClassAd } from "./class_ad.ts";
import { ClassAdError } from "./error.ts";
import { jsonToAds } from "./json.ts";
import { parseLong, splitLongAds } from "./long.ts";
import { parseAds } from "./parser.ts";
import { parseXmlAds } from "./xml.ts";

/** The forms of an ad. */
export type AdFormat = "long" | "new" | "json" | "xml";

/**
 * The form that a text is in, by how it starts, as HTCondor tells it (`auto` in
 * CondorClassAdFileParseHelper). A list of ads in new syntax starts with a
 * brace and then a bracket; a list of JSON with a bracket and then a brace.
 */
export function detectFormat(text: string): AdFormat {
  const start = text.replace(/^\s*(?:(?:#|\/\/).*\n\s*)*/, "");
  if (start.startsWith("<")) return "xml";
  if (/^\{\s*\[/.test(start)) return "new";
  if (start.startsWith("{") || /^\[\s*\{/.test(start)) return "json";
  return start.startsWith("[") ? "new" : "long";
}

/**
 * All ads of a text, as condor_q and condor_status print them with `-long` (an
 * empty line between ads), `-long:new`, `-json`, `-long:jsonl` (a line of JSON
 * for each ad) or `-xml`.
 *
 * Throws ClassAdSyntaxError.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readAds } from "./mod.ts";
 *
 * const ads = readAds('A = 1\n\nA = 2\n');
 * assertEquals(ads.map((ad) => ad.evaluate("A")), [1n, 2n]);
 * assertEquals(readAds('[{"A": "x"}]')[0].evaluate("a"), "x");
 * ```
 */
export function readAds(
  text: string,
  format: AdFormat = detectFormat(text),
): ClassAd[] {
  switch (format) {
    case "long":
      return splitLongAds(text).map((part) => new ClassAd(parseLong(part)));
    case "new":
      return newAds(text);
    case "json":
      return jsonToAds(text).map((attributes) => new ClassAd(attributes));
    case "xml":
      return parseXmlAds(text).map((attributes) => new ClassAd(attributes));
  }
}

function newAds(text: string): ClassAd[] {
  return parseAds(text).map(({ attributes }) =>
    new ClassAd(
      Array.from(attributes.values(), ({ name, value }) => [name, value]),
    )
  );
}

/**
 * The one ad of a text in any form.
 *
 * Throws ClassAdSyntaxError, and {@linkcode ClassAdError} if there is no ad in
 * it, or more than one.
 */
export function readAd(text: string, format?: AdFormat): ClassAd {
  const ads = readAds(text, format);
  if (ads.length !== 1) {
    throw new ClassAdError(
      ads.length === 0 ? "no ad in the text" : "more than one ad in the text",
      { subject: `${ads.length} ads` },
    );
  }
  return ads[0];
}

/**
 * Reads ads in every format that HTCondor's tools print.
 *
 * @module
 */
import { ClassAd } from "./class_ad.ts";
import { ClassAdError } from "./error.ts";
import { jsonToAds } from "./json.ts";
import { parseLong, splitLongAds } from "./long.ts";
import { parseAds } from "./parser.ts";
import { parseXmlAds } from "./xml_reader.ts";

/**
 * The formats of an ad: `-long`, `-long:new`, `-json` (or `-long:jsonl`) and
 * `-xml` of condor_q.
 */
export type AdFormat = "long" | "new" | "json" | "xml";

/**
 * Returns the format of a text. It is recognised by the start of the text, as
 * HTCondor does it (`auto` in CondorClassAdFileParseHelper). A list of ads in
 * new syntax starts with a brace and then a bracket. A list in JSON starts with
 * a bracket and then a brace.
 */
export function detectFormat(text: string): AdFormat {
  const start = text.replace(/^\s*(?:(?:#|\/\/).*\n\s*)*/, "");
  if (start.startsWith("<")) return "xml";
  if (/^\{\s*\[/.test(start)) return "new";
  if (start.startsWith("{") || /^\[\s*\{/.test(start)) return "json";
  return start.startsWith("[") ? "new" : "long";
}

/**
 * Returns all ads of a text, as condor_q and condor_status print them with
 * `-long` (an empty line between ads), `-long:new`, `-json`, `-long:jsonl` (one
 * line of JSON for each ad) or `-xml`. Without `format` the format is detected.
 *
 * Throws {@linkcode ClassAdSyntaxError} if the text is malformed.
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
 * Returns the only ad of a text, in the formats of {@linkcode readAds}.
 *
 * Throws {@linkcode ClassAdSyntaxError} if the text is malformed, and
 * {@linkcode ClassAdError} if it does not contain exactly one ad.
 */
export function readAd(text: string, format?: AdFormat): ClassAd {
  const ads = readAds(text, format);
  if (ads.length !== 1) {
    throw new ClassAdError(
      ads.length === 0
        ? "the text contains no ad"
        : "the text contains more than one ad",
      { subject: `${ads.length} ads` },
    );
  }
  return ads[0];
}

/**
 * HTCondor's ClassAd language: parsing, printing and evaluating expressions,
 * and reading and writing ads in all of HTCondor's formats. The reference is
 * HTCondor's ClassAd library (`src/classad` in its sources) as its daemons use
 * it. docs/classad.md describes where this library differs.
 *
 * @module
 */
export { ClassAdError, ClassAdSyntaxError } from "./error.ts";
export type { ClassAdErrorOptions } from "./error.ts";
export { decodeText, encodeText } from "./bytes.ts";
export * from "./model.ts";
export * from "./value.ts";
export * from "./expr.ts";
export { MAX_NESTING, parse, parseAd, parseAds } from "./parser.ts";
export type { ParseOptions, Release } from "./parser.ts";
export type { Syntax } from "./token.ts";
export { attributeName, quote, unparse, unparseValue } from "./unparse.ts";
export type { UnparseOptions } from "./unparse.ts";
export { evaluate, evaluateAttribute } from "./evaluate.ts";
export type { EvaluateOptions } from "./evaluate.ts";
export { references } from "./references.ts";
export type { References } from "./references.ts";
export { evaluationCost, whyTooCostly } from "./cost.ts";
export type { EvaluationCost } from "./cost.ts";
export { compile } from "./compile.ts";
export type { Compiled } from "./compile.ts";
export { ClassAd } from "./class_ad.ts";
export type { AttributeValue } from "./class_ad.ts";
export { functionNames } from "./functions/mod.ts";
export { detectFormat, readAd, readAds } from "./formats.ts";
export type { AdFormat } from "./formats.ts";
export { matches, symmetricMatch } from "./match.ts";
export type { XmlOptions } from "./xml.ts";

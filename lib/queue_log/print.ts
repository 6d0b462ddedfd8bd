/**
 * Ads of a table as text and as JSON, one at a time, so that a queue of any
 * size can be printed.
 *
 * @module
 */
import { compile, type Compiled } from "../classad/mod.ts";
import { QueueLogError } from "./errors.ts";
import type { QueueAd } from "./ad.ts";
import type { QueueTable } from "./table.ts";
import { textOf } from "./text.ts";

/** Which ads to print, and what of them. */
export interface PrintOptions {
  /**
   * A ClassAd expression: only jobs (proc ads) for which it is true. Without
   * one, every ad.
   */
  readonly constraint?: string;
  /** Only these attributes, in this order and spelling. */
  readonly attributes?: readonly string[];
  /** Proc ads include what they inherit from their cluster ad. */
  readonly chained?: boolean;
}

/** The constraint is wrong, not the log. */
export class ConstraintError extends QueueLogError {
  /** Tells the errors apart. */
  override name = "ConstraintError";
}

/** An ad as the contract of the command line has it in JSON. */
export interface PrintedAd {
  /** The ad's key. */
  readonly key: string;
  /** The type in the record that made the ad. */
  readonly type: string;
  /** The expressions as stored, by name. */
  readonly attributes: Record<string, string>;
}

/**
 * The ads that the options ask for, in file order. Throws
 * {@linkcode ConstraintError} for a constraint that does not parse.
 */
export function selectAds(
  table: QueueTable,
  options: PrintOptions,
): Iterable<QueueAd> {
  const { constraint } = options;
  if (constraint === undefined) return table.ads();
  return matching(table, compileConstraint(constraint));
}

function* matching(
  table: QueueTable,
  compiled: Compiled,
): Generator<QueueAd, void, void> {
  for (const ad of table.procs()) if (compiled.test(ad)) yield ad;
}

function compileConstraint(constraint: string): Compiled {
  try {
    return compile(constraint);
  } catch (cause) {
    throw new ConstraintError("constraint does not parse", {
      subject: constraint,
      remedy: cause instanceof Error ? cause.message : undefined,
      cause,
    });
  }
}

/** The attributes of an ad as text, projected and chained as asked. */
export function attributesOf(
  ad: QueueAd,
  options: PrintOptions,
): [name: string, value: string][] {
  if (options.attributes !== undefined) {
    const found: [string, string][] = [];
    for (const name of options.attributes) {
      const text = options.chained ? ad.chainedText(name) : ad.text(name);
      if (text !== undefined) found.push([name, text]);
    }
    return found;
  }
  const own: [string, string][] = [];
  for (const { name, value } of ad.entries()) own.push([name, textOf(value)]);
  const parent = options.chained ? ad.parent : undefined;
  for (const { name, value } of parent?.entries() ?? []) {
    if (!ad.has(name)) own.push([name, textOf(value)]);
  }
  return own;
}

/** An ad for JSON. */
export function printedAd(ad: QueueAd, options: PrintOptions): PrintedAd {
  const attributes: Record<string, string> = Object.create(null);
  for (const [name, value] of attributesOf(ad, options)) {
    attributes[name] = value;
  }
  return { key: ad.key, type: ad.myType, attributes };
}

/**
 * An ad in the long form of `condor_q -long`: a line `Name = value` for each
 * attribute. The key is given in a comment before it.
 */
export function longAd(ad: QueueAd, options: PrintOptions): string {
  let text = `# ${ad.key}\n`;
  for (const [name, value] of attributesOf(ad, options)) {
    text += `${name} = ${value}\n`;
  }
  return text;
}

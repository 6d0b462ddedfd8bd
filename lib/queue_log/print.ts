/**
 * Prints the ads of a table as text or as JSON, one ad at a time, so that a
 * queue of any size can be printed.
 *
 * @module
 */
import { compile, type Compiled } from "../classad/mod.ts";
import { QueueLogError } from "./errors.ts";
import type { QueueAd } from "./ad.ts";
import type { QueueTable } from "./table.ts";
import { textOf } from "./text.ts";

/** Which ads to print, and which of their attributes. */
export interface PrintOptions {
  /**
   * A ClassAd expression. Only jobs (proc ads) for which it is true are
   * printed, and of another log than a job queue, only such ads. Without it all
   * ads are printed.
   */
  readonly constraint?: string;
  /**
   * The attributes to print, in this order and spelling. By default all are
   * printed.
   */
  readonly attributes?: readonly string[];
  /** Whether proc ads include the attributes of their cluster ad. */
  readonly chained?: boolean;
}

/** Thrown if the constraint is wrong (and not the log). */
export class ConstraintError extends QueueLogError {
  /** The name of the class. */
  override name = "ConstraintError";
}

/** An ad in the JSON form of the command line. */
export interface PrintedAd {
  /** The ad's key, as the schedd writes it. */
  readonly key: string;
  /** The type in the record that made the ad. */
  readonly type: string;
  /** The expressions as they are stored, by name. */
  readonly attributes: Record<string, string>;
}

/**
 * Returns the ads that the options select, in the order of the file. Throws
 * {@linkcode ConstraintError} if the constraint is not a ClassAd expression.
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
  const ads = table.kind === "job-queue" ? table.procs() : table.ads();
  for (const ad of ads) if (compiled.test(ad)) yield ad;
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

/**
 * Returns the attributes of an ad as text, with the projection and the chaining
 * of the options.
 */
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

/** Returns an ad for JSON. */
export function printedAd(ad: QueueAd, options: PrintOptions): PrintedAd {
  const attributes: Record<string, string> = Object.create(null);
  for (const [name, value] of attributesOf(ad, options)) {
    attributes[name] = value;
  }
  return { key: ad.key, type: ad.myType, attributes };
}

/**
 * Returns an ad in the long format of `condor_q -long`: one line `Name = value`
 * for each attribute. A comment with the key comes first.
 */
export function longAd(ad: QueueAd, options: PrintOptions): string {
  let text = `# ${ad.key}\n`;
  for (const [name, value] of attributesOf(ad, options)) {
    text += `${name} = ${value}\n`;
  }
  return text;
}

import { LumberjackError, type LumberjackErrorOptions } from "../../error.ts";
import { isBundleName } from "../../files/tree/compression.ts";

/** One step of the way to a site that worked. */
export interface CheckedStep {
  /** What was tried, as one word. */
  readonly step: string;
  /** What worked, as one line. */
  readonly message: string;
}

/** What a place is used for. */
export interface CheckUse {
  /** Whether bundles are put there, not only fetched. */
  readonly writes: boolean;
  /** The remote executable: a name, or its path. */
  readonly executable: string;
}

/** Moves bundles to a place, or from it. */
export interface Transport {
  /**
   * Puts a file into the place, under its own name. The file appears there only
   * when it is complete. Sending a file again does no harm. Throws {@linkcode
   * TransportError}.
   */
  send(file: string): Promise<void>;
  /**
   * Brings every bundle of these exports that is in the place into `folder`,
   * unless a file of that name and size is there already. A file in `folder` has
   * its name only when it is complete. Throws {@linkcode TransportError}.
   */
  receive(exportIds: readonly string[], folder: string): Promise<void>;
  /**
   * Goes the whole way to the place without a bundle. Yields each step that
   * worked; throws {@linkcode TransportError} at the first one that did not.
   */
  check(use: CheckUse): AsyncGenerator<CheckedStep>;
}

/** A bundle could not be moved. */
export class TransportError extends LumberjackError {
  /** Whether it failed before anything was asked of the site. */
  readonly isLocal: boolean;

  /** `message` says what failed. */
  constructor(
    message: string,
    options: LumberjackErrorOptions & { readonly isLocal?: boolean } = {},
  ) {
    super(message, options);
    this.name = "TransportError";
    this.isLocal = options.isLocal ?? false;
  }
}

/**
 * Returns whether a file's name is that of a bundle of one of these exports: the
 * export's id, a dot, perhaps more, and the ending of a bundle.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const id = "20261128T120000Z-0badcafe";
 * assert(isBundleOf(`${id}.2.tar.zst`, [id]));
 * assert(!isBundleOf(`.${id}.tar.part`, [id]));
 * ```
 */
export function isBundleOf(
  name: string,
  exportIds: readonly string[],
): boolean {
  return isBundleName(name) &&
    exportIds.some((id) => name.startsWith(`${id}.`));
}

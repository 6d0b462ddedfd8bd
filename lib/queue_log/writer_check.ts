/**
 * Checks that a schedd can read back what a writer is about to write.
 *
 * @module
 */
import { QueueLogError } from "./errors.ts";
import { formatKey } from "./key.ts";

/** A key as text, or as its two numbers. */
export type KeyLike = string | {
  readonly cluster: number;
  readonly proc: number;
};

/** Returns an ad type as a word. Throws if it could not be read back. */
export function typeWord(type: string): string {
  if (type === "") return "(empty)";
  requireWord(type, "ad type");
  return type;
}

/**
 * Throws if a word could not be read back. HTCondor reads words up to white
 * space, and stops at a NUL.
 */
export function requireWord(word: string, what: string): void {
  if (word === "" || /[\0\t-\r ]/.test(word)) {
    throw new QueueLogError(
      word === "" ? `empty ${what}` : `${what} holds white space or a NUL`,
      { subject: JSON.stringify(word) },
    );
  }
}

/** Throws if a value could not be read back. */
export function requireValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: KeyLike,
  name: string,
): void {
  let blank = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte > 32) {
      blank = false;
    } else if (byte === 10 || byte === 0) {
      throw new QueueLogError(
        byte === 10 ? "value holds a newline" : "value holds a NUL",
        { subject: `${keyText(key)} ${name}` },
      );
    }
  }
  if (blank) {
    throw new QueueLogError("empty value", {
      subject: `${keyText(key)} ${name}`,
    });
  }
}

function keyText(key: KeyLike): string {
  return typeof key === "string" ? key : formatKey(key.cluster, key.proc);
}

/** Throws if a number is not a whole number from 0. */
export function requireCount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new QueueLogError(`${what} is not a whole number`, {
      subject: String(value),
    });
  }
}

import { decodeText, parse, unparse } from "../../classad/mod.ts";
import { sameBytes } from "../../queue_log/mod.ts";

/**
 * Whether two values are the same expression. Another version of HTCondor may
 * write the same expression differently.
 */
export function isSameExpression(
  here: Uint8Array | undefined,
  there: Uint8Array,
): boolean {
  if (here === undefined) return false;
  if (sameBytes(here, there)) return true;
  try {
    const [mine, theirs] = [here, there].map((bytes) =>
      unparse(parse(decodeText(bytes)))
    );
    return mine === theirs;
  } catch {
    return false;
  }
}

/**
 * Whether two values of `User` differ only in the domain. A schedd of 25 writes
 * its own UID_DOMAIN into every job that it loads.
 */
export function isSameUser(
  here: Uint8Array | undefined,
  there: Uint8Array,
): boolean {
  const [mine, theirs] = [here, there].map((bytes) =>
    bytes && /^"([^"\\@]+)@[^"\\@]*"$/.exec(decodeText(bytes))?.[1]
  );
  return mine !== undefined && mine === theirs;
}

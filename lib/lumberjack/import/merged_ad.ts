import { type Expr, parse, type Scope } from "../../classad/mod.ts";
import type { AdChange } from "../job/change.ts";

/**
 * Returns a job's ad as it is after a change. An attribute that the change
 * removes is undefined, also where the cluster ad has it.
 */
export function mergedAd(ad: Scope, { set, remove }: AdChange): Scope {
  const changed = new Map<string, Expr | undefined>();
  for (const name of remove) changed.set(name.toLowerCase(), undefined);
  for (const { name, value } of set) {
    changed.set(name.toLowerCase(), parse(value));
  }
  return {
    lookup: (name) => {
      const lower = name.toLowerCase();
      return changed.has(lower) ? changed.get(lower) : ad.lookup(name);
    },
  };
}

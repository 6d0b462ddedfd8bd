import { type Expr, parse } from "../classad/mod.ts";
import type { WireAd } from "../cedar/mod.ts";
import type { StoredAd } from "./job_queue.ts";

/** Few texts make most values: `1`, `"alice"`, `false`. */
const parsed = new Map<string, Expr>();
const longestKept = 64;
const mostKept = 4096;

function parseValue(text: string): Expr {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const expr = parse(text);
  if (text.length <= longestKept) {
    if (parsed.size >= mostKept) parsed.clear();
    parsed.set(text, expr);
  }
  return expr;
}

/** Told with an answer, and no attributes of the job. */
const ofTheAnswer = new Set(["servertime", "mytype", "targettype"]);

/** A job's own, always: since 24 the schedd keeps a JobStatus in cluster ads. */
const ofJobs = new Set(["jobstatus", "procid"]);

/**
 * An ad as a schedd sent it. A job's comes with all that it inherits; given its
 * cluster ad, what is the same there does not count as the job's own.
 */
export class ScheddJobAd implements StoredAd {
  readonly myType = "Job";
  readonly targetType = "Machine";
  readonly #wire: WireAd;
  readonly #cluster: ScheddJobAd | undefined;
  readonly #isCluster: boolean;

  /** `cluster` is the cluster ad of a job's ad, where it is known. */
  constructor(wire: WireAd, cluster?: ScheddJobAd) {
    this.#wire = wire;
    this.#isCluster = !wire.has("ProcId");
    this.#cluster = cluster;
  }

  /** The cluster ad, where it is known. */
  get cluster(): ScheddJobAd | undefined {
    return this.#cluster;
  }

  *entries(): Iterable<{ name: string; value: Uint8Array }> {
    for (const entry of this.#wire.entries()) {
      const lower = entry.name.toLowerCase();
      if (ofTheAnswer.has(lower)) continue;
      if (this.#isCluster && ofJobs.has(lower)) continue;
      if (!this.#inherits(entry.name, entry.value)) yield entry;
    }
  }

  text(name: string): string | undefined {
    const value = this.rawValue(name);
    return value === undefined ? undefined : new TextDecoder().decode(value);
  }

  rawValue(name: string): Uint8Array | undefined {
    const value = this.#wire.rawValue(name);
    return value === undefined || this.#inherits(name, value)
      ? undefined
      : value;
  }

  lookup(name: string): Expr | undefined {
    const text = this.#wire.rawText(name);
    return text === undefined ? undefined : parseValue(text);
  }

  #inherits(name: string, value: Uint8Array): boolean {
    if (this.#cluster === undefined || ofJobs.has(name.toLowerCase())) {
      return false;
    }
    const above = this.#cluster.rawValue(name);
    if (above === undefined || above.length !== value.length) return false;
    return above.every((byte, i) => byte === value[i]);
  }
}

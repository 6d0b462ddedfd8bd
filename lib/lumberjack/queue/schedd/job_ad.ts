import { type Expr, parse } from "../../../classad/mod.ts";
import type { WireAd } from "../../../cedar/mod.ts";
import type { StoredAd } from "../../job/stored_ad.ts";

/** Parsed values. A few texts, such as `1` and `false`, make up most values. */
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

/** Attributes that the schedd adds to an answer. The job does not have them. */
const ofTheAnswer = new Set(["servertime", "mytype", "targettype"]);

/** Attributes that never come from the cluster ad. Since 24 a schedd keeps a JobStatus there. */
const ofJobs = ["JobStatus", "ProcId"];
const notOfClusters = new Set(ofJobs.map((name) => name.toLowerCase()));

/**
 * An ad as a schedd sent it. A job's ad includes what the job inherits from its
 * cluster ad. If the cluster ad is known, an attribute with the same value there
 * does not count as the job's own, and does not take memory for each job.
 */
export class ScheddJobAd implements StoredAd {
  readonly myType = "Job";
  readonly targetType = "Machine";
  readonly #wire: WireAd;
  readonly #cluster: ScheddJobAd | undefined;
  readonly #isCluster: boolean;
  #inherited: WireAd | undefined;

  /** `cluster` is the cluster ad of a job's ad, if it is known. */
  constructor(wire: WireAd, cluster?: ScheddJobAd) {
    this.#wire = cluster ? wire.beyond(cluster.#bequest()) : wire;
    this.#isCluster = !wire.has("ProcId");
    this.#cluster = cluster;
  }

  /** The cluster ad, if it is known. */
  get cluster(): ScheddJobAd | undefined {
    return this.#cluster;
  }

  *entries(): Iterable<{ name: string; value: Uint8Array }> {
    for (const entry of this.#wire.entries()) {
      const lower = entry.name.toLowerCase();
      if (ofTheAnswer.has(lower)) continue;
      if (this.#isCluster && notOfClusters.has(lower)) continue;
      yield entry;
    }
  }

  text(name: string): string | undefined {
    return this.#wire.rawText(name);
  }

  rawValue(name: string): Uint8Array | undefined {
    return this.#wire.rawValue(name);
  }

  /** Calls a function with the bytes of an own value, without a copy. */
  read<Result>(
    name: string,
    read: (bytes: Uint8Array, start: number, end: number) => Result,
  ): Result | undefined {
    return this.#wire.read(name, read);
  }

  lookup(name: string): Expr | undefined {
    const text = this.#wire.rawText(name) ?? this.#cluster?.text(name);
    return text === undefined ? undefined : parseValue(text);
  }

  /** Returns the attributes that jobs inherit from this cluster ad. */
  #bequest(): WireAd {
    return this.#inherited ??= this.#wire.without(ofJobs);
  }
}

/**
 * Queue logs that were damaged on the way.
 *
 * @module
 */

/** A log, and how it was damaged. */
export interface Damaged {
  readonly what: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const encode = (text: string) => new TextEncoder().encode(text);

/** One example for each known kind of damage. */
export function knownDamage(text: string): Damaged[] {
  const lines = text.split("\n");
  const middle = Math.floor(lines.length / 2);
  const put = (...inserted: string[]) =>
    [...lines.slice(0, middle), ...inserted, ...lines.slice(middle)]
      .join("\n");
  const procAd = lines.findIndex((line) => /^101 [1-9]\d*\.\d+ /.test(line));
  const without = (drop: (line: string, index: number) => boolean) =>
    lines.filter((line, index) => !drop(line, index)).join("\n");
  const cases: Record<string, string> = {
    "nothing": text,
    "empty": "",
    "cut in the middle of a record": text.slice(0, text.length - 9),
    "cut before the last newline": text.slice(0, -1),
    "a record that is none, nothing after it": put("1o3 01.-1 A 1"),
    "a record that is none, a transaction after it": put("1o3 01.-1 A 1") +
      "105 \n106 \n",
    "a value that is no expression": put("103 01.-1 Rank (1 + "),
    "a value that is missing": put("103 01.-1 Rank"),
    "a transaction that never ends": put("105 "),
    "a transaction that ends and never began": put("106 "),
    "a blank line": put(""),
    "an attribute of an ad that is not there": put("103 77.0 JobStatus 5"),
    "a job whose ad was never made": without((_, index) => index === procAd),
    "a header that gives numbers out again": text.replace(
      /^103 0\.0 NextClusterNum .*$/m,
      "103 0.0 NextClusterNum 1",
    ),
    "no sequence number": without((line) => line.startsWith("107 ")),
    "no universe": without((line) => / JobUniverse /.test(line)),
    "an ad that is destroyed": text + "102 1.0\n",
  };
  return Object.entries(cases)
    .map(([what, text]) => ({ what, bytes: encode(text) }));
}

/** Returns `count` damaged logs. The same seed gives the same logs. */
export function* randomDamage(
  text: string,
  seed: number,
  count: number,
): Iterable<Damaged> {
  let state = seed >>> 0;
  const below = (limit: number) => {
    // The generator of Numerical Recipes is good enough for this.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  const bytes = encode(text);
  const lines = text.split("\n");
  for (let i = 0; i < count; i++) {
    const at = below(bytes.length);
    switch (below(5)) {
      case 0: {
        const flipped = bytes.slice();
        const bit = below(8);
        flipped[at] ^= 1 << bit;
        yield { what: `bit ${bit} of byte ${at} flipped`, bytes: flipped };
        break;
      }
      case 1:
        yield { what: `cut at byte ${at}`, bytes: bytes.slice(0, at) };
        break;
      case 2: {
        const length = 1 + below(40);
        const rest = new Uint8Array(bytes.length);
        rest.set(bytes.subarray(0, at));
        rest.set(bytes.subarray(at + length), at);
        const left = Math.max(at, bytes.length - length);
        yield {
          what: `${length} bytes lost at ${at}`,
          bytes: rest.slice(0, left),
        };
        break;
      }
      case 3: {
        const inserted = ["\n", "\0", " ", "106 \n", "105 \n", "\t"][below(6)];
        const more = new Uint8Array(bytes.length + inserted.length);
        more.set(bytes.subarray(0, at));
        more.set(encode(inserted), at);
        more.set(bytes.subarray(at), at + inserted.length);
        yield {
          what: `${JSON.stringify(inserted)} put in at ${at}`,
          bytes: more,
        };
        break;
      }
      default: {
        const [a, b] = [below(lines.length), below(lines.length)];
        const swapped = lines.slice();
        [swapped[a], swapped[b]] = [swapped[b], swapped[a]];
        yield {
          what: `lines ${a + 1} and ${b + 1} swapped`,
          bytes: encode(swapped.join("\n")),
        };
      }
    }
  }
}

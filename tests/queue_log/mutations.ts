/** Damages logs as a disk, a network or a stranger can damage them. */
import { randomNumbers } from "../../scripts/bench/make_log.ts";

/** Makes random choices. The same seed makes the same choices. */
export class Choices {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  /** Returns an integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  /** Returns one of the values. */
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

const pieces = [
  "105 \n",
  "106 \n",
  "106 #a comment\n",
  "105\n",
  "106\n",
  "105  \n",
  "\n",
  " \n",
  "\r\n",
  "\0",
  "101 1.0 Job Machine\n",
  "101 1.0 Job\n",
  "101 1.7 (empty) (empty)\n",
  "101 1.0\n",
  "102 1.0\n",
  "102 1.0 \n",
  "102 9.9\n",
  "103 1.0 A 1\n",
  "103 1.0 A\n",
  "103 1.0 A \n",
  "103 1.0 a  \t2\n",
  "103  1.0\tA 3\n",
  '103 01.-1 B "x\ty"\n',
  "103 1.0 C 1 +\n",
  '103 1.0 C "a\0b"\n',
  "103 9.9 A 1\n",
  "104 1.0 A\n",
  "104 1.0 A \n",
  "104 1.0\n",
  "107 3 CreationTimestamp 5\n",
  "107 x y z\n",
  "107 3\n",
  "999 what\n",
  "nonsense\n",
  "0103 1.0 D 4\n",
  "+103 1.0 D 5\n",
  "103x 1.0 D 6\n",
  "103 1 E 7\n",
  "103 1. E 8\n",
  "103 abc E 9\n",
  "103 1x.0 E 9\n",
  "103 4294967297.0 E 9\n",
  "103 99999999999999999999.0 E 9\n",
  "\x80\xff\n",
  '103 1.0 \xc3\x84 "\xc3"\n',
  "x".repeat(10300) + "106 \n",
];

/** Damages a log in one random way. Each character of `text` is a byte. */
export function mutate(text: string, choices: Choices): string {
  const at = choices.below(text.length + 1);
  const lines = () => text.split(/(?<=\n)/);
  switch (choices.below(9)) {
    case 0:
      return text.slice(0, at);
    case 1: // a flipped bit
      return text === "" ? text : text.slice(0, at) +
        String.fromCharCode(
          (text.charCodeAt(at) || 0) ^ (1 << choices.below(8)),
        ) + text.slice(at + 1);
    case 2: // another byte
      return text.slice(0, at) +
        String.fromCharCode(
          choices.of([0, 9, 10, 13, 32, 34, 92, 128, 255, choices.below(256)]),
        ) + text.slice(at + 1);
    case 3: // a piece within a line
      return text.slice(0, at) + choices.of(pieces) + text.slice(at);
    case 4: { // a piece between lines
      const all = lines();
      all.splice(choices.below(all.length + 1), 0, choices.of(pieces));
      return all.join("");
    }
    case 5: { // a line missing
      const all = lines();
      all.splice(choices.below(all.length), 1 + choices.below(3));
      return all.join("");
    }
    case 6: { // lines that have changed places
      const all = lines();
      const a = choices.below(all.length);
      const b = choices.below(all.length);
      [all[a], all[b]] = [all[b], all[a]];
      return all.join("");
    }
    case 7: { // lines twice
      const all = lines();
      const from = choices.below(all.length);
      const some = all.slice(from, from + 1 + choices.below(5));
      all.splice(choices.below(all.length + 1), 0, ...some);
      return all.join("");
    }
    default: // bytes missing
      return text.slice(0, at) + text.slice(at + 1 + choices.below(20));
  }
}

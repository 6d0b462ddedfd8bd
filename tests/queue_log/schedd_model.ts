/**
 * A simple model of how the schedd loads a log. It shares no code with
 * lib/queue_log. It reads one character after the other, as HTCondor does with
 * fgetc, and keeps the ads in maps. It follows condor_utils/log.cpp,
 * classad_log.cpp and proc_id.cpp in HTCondor's sources.
 */

/** The result of loading a log. */
export interface Model {
  readonly verdict: "start" | "drop" | "refuse";
  /** The ads. A key is `cluster,proc`. Attribute names are in lower case. */
  readonly ads: Map<string, ModelAd>;
  readonly records: number;
  readonly sequence: number;
}

/** An ad of the model. */
export interface ModelAd {
  readonly type: string;
  readonly attributes: Map<string, { name: string; value: string }>;
}

const EOF = -1;
const FAILED = Symbol("failed");
const SPACES = " \t\n\v\f\r";

class File {
  at = 0;

  constructor(readonly text: string) {}

  getc(): string | typeof EOF {
    return this.at < this.text.length ? this.text[this.at++] : EOF;
  }

  word(): string | typeof FAILED {
    let c: string | typeof EOF;
    do {
      c = this.getc();
      if (c === EOF || c === "\0") return FAILED;
    } while (SPACES.includes(c) && c !== "\n");
    let word = "";
    while (!SPACES.includes(c)) {
      word += c;
      c = this.getc();
      if (c === EOF || c === "\0") return FAILED;
    }
    return word === "" ? FAILED : word;
  }

  line(): string | typeof FAILED {
    let line = "";
    for (;;) {
      const c = this.getc();
      if (c === EOF || c === "\0") return FAILED;
      if (c === "\n") return line === "" ? FAILED : line;
      line += c;
    }
  }
}

type Entry =
  | { op: 101; key: string; type: string }
  | { op: 102; key: string }
  | { op: 103; key: string; name: string; value: string }
  | { op: 104; key: string; name: string }
  | { op: 105 }
  | { op: 106 }
  | { op: 107; sequence: number };

/**
 * Loads a log. Each character of `text` is a byte. `parses` says whether a
 * value is valid, and `keyOf` which keys are the same.
 */
export function loadAsSchedd(
  text: string,
  parses: (value: string) => boolean = () => true,
  keyOf: (key: string) => string = (key) => numbersOf(key).join(","),
): Model {
  const file = new File(text);
  const table = new Map<string, ModelAd>();
  let open: Entry[] | undefined;
  let records = 0;
  let sequence = 1;
  let verdict: Model["verdict"] = "start";
  let read = 0;
  for (;;) {
    const word = file.word();
    if (word === FAILED) break;
    const entry = body(file, optype(word), parses);
    if (entry === FAILED) {
      if (endFollows(file.text.slice(file.at))) verdict = "refuse";
      file.at = file.text.length;
      break;
    }
    records++;
    read = file.at;
    if (entry.op === 105) open ??= [];
    else if (entry.op === 106) {
      for (const e of open ?? []) play(table, e, keyOf);
      open = undefined;
    } else if (entry.op === 107) sequence = entry.sequence;
    else if (open) open.push(entry);
    else play(table, entry, keyOf);
  }
  if (verdict === "start" && (read !== text.length || open)) verdict = "drop";
  return { verdict, ads: table, records, sequence };
}

function optype(word: string): number {
  const number = Number(/^[+-]?\d+/.exec(word)?.[0] ?? NaN);
  return number >= 101 && number <= 107 ? number : 999;
}

function body(
  file: File,
  op: number,
  parses: (value: string) => boolean,
): Entry | typeof FAILED {
  const words = (count: number): string[] | typeof FAILED => {
    const found: string[] = [];
    for (let i = 0; i < count; i++) {
      const word = file.word();
      if (word === FAILED) return FAILED;
      found.push(word);
    }
    return found;
  };
  switch (op) {
    case 101: {
      const found = words(2);
      if (found === FAILED) return FAILED;
      file.word();
      const type = found[1] === "(empty)" ? "" : found[1];
      return { op, key: found[0], type };
    }
    case 102: {
      const found = words(1);
      return found === FAILED ? FAILED : { op, key: found[0] };
    }
    case 103: {
      const found = words(2);
      if (found === FAILED) return FAILED;
      const value = file.line();
      if (value === FAILED || !parses(value)) return FAILED;
      return { op, key: found[0], name: found[1], value };
    }
    case 104: {
      const found = words(2);
      return found === FAILED ? FAILED : { op, key: found[0], name: found[1] };
    }
    case 105:
      return file.getc() === "\n" ? { op } : FAILED;
    case 106: {
      const c = file.getc();
      if (c === "\n") return { op };
      if (c !== "#" || file.line() === FAILED) return FAILED;
      return { op };
    }
    case 107: {
      const found = words(3);
      if (found === FAILED) return FAILED;
      return { op, sequence: Number(/^[+-]?\d+/.exec(found[0])?.[0] ?? 0) };
    }
    default:
      file.line();
      return FAILED;
  }
}

function endFollows(rest: string): boolean {
  while (rest !== "") {
    const newline = rest.indexOf("\n");
    const length = Math.min(
      newline < 0 ? rest.length : newline + 1,
      10240 + 64 - 1,
    );
    const line = rest.slice(0, length);
    rest = rest.slice(length);
    const number = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(line)?.[1];
    if (number !== undefined && toInt(number) === 106) return true;
  }
  return false;
}

function play(
  table: Map<string, ModelAd>,
  entry: Entry,
  keyOf: (key: string) => string,
): void {
  if (!("key" in entry)) return;
  const key = keyOf(entry.key);
  const ad = table.get(key);
  switch (entry.op) {
    case 101:
      if (!ad) table.set(key, { type: entry.type, attributes: new Map() });
      break;
    case 102:
      table.delete(key);
      break;
    case 103: {
      const name = entry.name.replace(/[A-Z]/g, (c) => c.toLowerCase());
      const known = ad?.attributes.get(name);
      ad?.attributes.set(name, {
        name: known?.name ?? entry.name,
        value: entry.value,
      });
      break;
    }
    case 104:
      ad?.attributes.delete(
        entry.name.replace(/[A-Z]/g, (c) => c.toLowerCase()),
      );
  }
}

function numbersOf(key: string): [number, number] {
  const cluster = /^[+-]?\d+/.exec(key)?.[0] ?? "";
  const rest = key.slice(cluster.length);
  const first = cluster === "" ? 0 : toInt(cluster);
  if (cluster !== "" && (rest === "" || rest[0] === ",")) return [first, -1];
  if (rest[0] !== ".") return [first, 0];
  const proc = /^\.(-?)(\d+)/.exec(rest);
  if (!proc) return [first, -1];
  const number = toInt(proc[2]);
  return [first, proc[1] === "-" ? -number | 0 : number];
}

/** Returns the number as strtol() reads it, cast to int. */
function toInt(digits: string): number {
  let value = BigInt(digits.replace("+", ""));
  const most = 2n ** 63n - 1n;
  if (value > most) value = most;
  if (value < -most - 1n) value = -most - 1n;
  return Number(BigInt.asIntN(32, value));
}

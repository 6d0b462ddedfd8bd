/**
 * Makes random expressions. The same seed makes the same expressions. They nest
 * every operator, function and form of literal. Their attributes have all
 * types, are missing, form a circle, or are in the other ad.
 *
 * @module
 */

/** A random number generator. The same seed gives the same numbers. */
export class Random {
  #state: number;

  /** @param seed Any 32-bit number. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Returns 32 random bits (mulberry32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Returns an integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return this.bits() % limit;
  }

  /** Returns one of the items. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** Returns true once in `n` times, on average. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
}

/** The ads in which the expressions are evaluated, in new syntax. */
export const ADS: Readonly<Record<string, string>> = {
  job: `[
    One = 1; Two = 2; Neg = -7; Big = 9223372036854775807; Zero = 0;
    Half = 0.5; Pi = 3.141592653589793; Huge = 1e300; Tiny = 1e-300; NaNny = real("NaN");
    Yes = true; No = false; Undef = undefined; Err = error;
    Name = "alice"; Empty = ""; Upper = "ALICE"; Num = "42"; Word = "a b,c"; Uni = "h\\303\\251llo";
    Sites = "T2_US_MIT, T3_US_ANL,T1_US_FNAL"; VO = "cms"; Path = "/usr/bin/env"; Nums = "1, 2.5,3";
    L = { 1, 2, 3 }; Mixed = { 1, "a", 2.5, true, undefined, error }; Words = { "a", "b", "C" }; None = { };
    Nested = [ X = 1; Y = One + X; In = [ Z = Two; X = "deep" ]; L = { X, Y } ];
    Ads = { [ X = 1; Ok = true ], [ X = 2; Ok = false ], [ Y = 3 ] };
    Sum = One + Two; Chain = Sum * 2; OfTarget = TARGET.Memory; Bare = Memory;
    Abs = absTime("2023-05-06T07:08:09+02:00"); Rel = relTime(93784.5); RelText = relTime("1:02:03");
    Loop = Loop; LoopA = LoopB + 1; LoopB = LoopA;
    Requirements = TARGET.Memory > 1000 && OpSys == "LINUX"; Rank = TARGET.Memory; Expr = "One + 2";
    Env = "A=1;B=2"; Environment = "A=1 B='x y'"; Args = "a 'b c' d"
  ]`,
  machine: `[
    Memory = 2048; OpSys = "LINUX"; Cpus = 4; Name = "slot1@host"; Yes = false; Missing2 = 5;
    Requirements = MY.Cpus > 1 && TARGET.One == 1; Rank = 0.5; State = "Unclaimed"; L = { 9 };
    OfJob = TARGET.Sum; Nested = [ X = 100; M = Memory ]; Gpus = { G1, G2 };
    G1 = [ Capability = 4.0; Id = "GPU-1" ]; G2 = [ Capability = 5.5; Id = "GPU-2" ]
  ]`,
  small: `[ a = 1; b = "x"; c = a + 1; d = { a, c }; e = [ f = a; g = h ] ]`,
};

const NAMES: Readonly<Record<string, readonly string[]>> = {
  integer: ["One", "Two", "Neg", "Big", "Zero", "Sum", "Chain"],
  real: ["Half", "Pi", "Huge", "Tiny", "NaNny"],
  boolean: ["Yes", "No"],
  string: [
    "Name",
    "Empty",
    "Upper",
    "Num",
    "Word",
    "Uni",
    "Sites",
    "VO",
    "Path",
    "Nums",
    "Expr",
    "Env",
    "Environment",
    "Args",
  ],
  list: ["L", "Mixed", "Words", "None", "Ads", "Gpus"],
  ad: ["Nested", "G1", "Nested.In"],
  time: ["Abs", "Rel", "RelText"],
  other: [
    "Undef",
    "Err",
    "Missing",
    "OfTarget",
    "Bare",
    "Memory",
    "OpSys",
    "Requirements",
    "OfJob",
    "Missing2",
  ],
};

const INTEGERS = [
  "0",
  "1",
  "2",
  "3",
  "7",
  "10",
  "63",
  "64",
  "100",
  "1000000",
  "2147483647",
  "2147483648",
  "4294967296",
  "9223372036854775807",
  "9223372036854775808",
  "99999999999999999999",
  "-1",
  "-2",
  "-9223372036854775808",
];
const REALS = [
  "0.0",
  "0.1",
  "0.5",
  "1.5",
  "2.5",
  "-2.5",
  "3.0",
  "1e3",
  "1E-3",
  "1.5e+10",
  ".25",
  "123456789.125",
  "4503599627370496.5",
  "1e22",
  "1e308",
  "1e400",
  "2.2250738585072014e-308",
  "5e-324",
  "0.30000000000000004",
];
const STRINGS = [
  "",
  "a",
  "A",
  "abc",
  "aBc",
  "a,b,c",
  " a , b ",
  "a b  c",
  "1",
  "-5",
  "3.5",
  "1e3",
  "0x10",
  "true",
  "FALSE",
  "undefined",
  "8.9.1",
  "8.10.0",
  "8.010",
  "slot1@host",
  "user@a@b",
  "A=1 B=2",
  "A=1;B=2",
  "|A=1|B=2",
  "A='x y'",
  "it''s",
  "One",
  "One + Two",
  "a/b.c",
  "1+02:03:04",
  "2003-01-25T09:00:00-06:00",
  "x=$$(y)",
  "caf\\303\\251",
  "tab\\there",
  "nl\\nend",
  'quote\\"d',
  "back\\\\slash",
  "  ",
  ",",
  ";",
];
const PATTERNS = [
  "a",
  "^a",
  "b$",
  "[a-c]+",
  "(a)(b)?",
  "a*",
  "a|b",
  "^(.*)@(.*)$",
  ".",
  "\\\\d+",
  "\\\\w+@\\\\w+",
  "(?i)ABC",
  "[",
  "(",
  "a{2}",
  "x?",
  "^$",
  "\\\\bA\\\\b",
  "(?<n>a)\\\\k<n>",
  "a(?=b)",
  "(?<!a)b",
  "[[:alpha:]]+",
  "[^,]+",
  "(a+)+$",
];
const PATTERN_ITEMS = [
  "a",
  "b",
  "c",
  "A",
  "1",
  ",",
  " ",
  ".",
  "x",
  "\\d",
  "\\w",
  "\\W",
  "\\s",
  "\\S",
  "\\b",
  "\\B",
  "^",
  "$",
  "\\A",
  "\\z",
  "\\Z",
  "[abc]",
  "[^a]",
  "[a-z0-9]",
  "[\\w,]",
  "[]a]",
  "[^]]",
  "[[:digit:]-]",
  "[a-]",
  "\\.",
  "\\x61",
  "\\141",
  "\\1",
  "\\2",
  "\\h",
  "\\N",
  "\\R",
  "\\K",
  "\\Q.a\\E",
  "#",
  "\\/",
  "é",
  "(?i)",
  "(?-i)",
  "(?x)",
  "{",
  "{,2}",
  "]",
];
const QUANTIFIERS = [
  "*",
  "+",
  "?",
  "*?",
  "+?",
  "??",
  "*+",
  "++",
  "?+",
  "{2}",
  "{1,2}",
  "{0,1}",
  "{2,}",
  "{1,3}?",
  "{0}",
  "{,2}",
  "{ 1 , 2 }",
];
const GROUPS = [
  "(",
  "(",
  "(",
  "(?:",
  "(?:",
  "(?=",
  "(?!",
  "(?<=",
  "(?<!",
  "(?>",
  "(?i:",
  "(?|",
  "(?<n>",
  "(?(1)",
];
const REPLACEMENTS = [
  "",
  "x",
  "\\\\0",
  "\\\\1",
  "<\\\\0>",
  "\\\\2\\\\1",
  "\\\\",
];
const OPTIONS = ["", "i", "g", "f", "fg", "im", "x", "s", "z"];
const FORMATS = [
  "%Y-%m-%d",
  "%c",
  "%H:%M:%S %p",
  "%j %U %W %V %G %u %w",
  "%e|%k|%l|%y|%C|%%",
  "%a %A %b %B",
  "plain",
  "",
  "%s %z",
  "%D %F %T %R %r %x %X",
];

const BINARY = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
  "=?=",
  "=!=",
  " is ",
  " isnt ",
  "&&",
  "||",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
];

/** The kind of value that an argument of a function should be. */
type Hint =
  | "any"
  | "integer"
  | "real"
  | "number"
  | "string"
  | "boolean"
  | "list"
  | "ad"
  | "time"
  | "pattern"
  | "replacement"
  | "options"
  | "format"
  | "reference"
  | "comparison"
  | "offset"
  | "version"
  | "moment"
  | "delimiters";

/** Functions with their arguments. Arguments after `?` can be missing. */
const FUNCTIONS: readonly (readonly [string, ...(Hint | "?")[]])[] = [
  ["isUndefined", "any"],
  ["isError", "any"],
  ["isString", "any"],
  ["isInteger", "any"],
  ["isReal", "any"],
  ["isList", "any"],
  ["isClassAd", "any"],
  ["isBoolean", "any"],
  ["isAbsTime", "any"],
  ["isRelTime", "any"],
  ["member", "any", "list"],
  ["identicalMember", "any", "list"],
  ["size", "any"],
  ["sum", "list"],
  ["avg", "list"],
  ["min", "list"],
  ["max", "list"],
  ["anyCompare", "comparison", "list", "any"],
  ["allCompare", "comparison", "list", "any"],
  ["getYear", "time"],
  ["getMonth", "time"],
  ["getDayOfYear", "time"],
  ["getDayOfMonth", "time"],
  ["getDayOfWeek", "time"],
  ["getDays", "time"],
  ["getHours", "time"],
  ["getMinutes", "time"],
  ["getSeconds", "time"],
  ["splitTime", "time"],
  ["formatTime", "moment", "?", "format"],
  ["strcat", "any", "?", "any", "any"],
  ["join", "any", "?", "any", "any"],
  ["join", "string", "list"],
  ["toUpper", "any"],
  ["toLower", "any"],
  ["substr", "string", "offset", "?", "offset"],
  ["strcmp", "any", "any"],
  ["stricmp", "any", "any"],
  ["versioncmp", "string", "string"],
  ["versionLE", "string", "string"],
  ["versionLT", "string", "string"],
  ["versionGE", "string", "string"],
  ["versionGT", "string", "string"],
  ["versionEQ", "string", "string"],
  ["version_in_range", "string", "string", "string"],
  ["regexp", "pattern", "string", "?", "options"],
  ["regexpMember", "pattern", "list", "?", "options"],
  ["regexps", "pattern", "string", "replacement", "?", "options"],
  ["replace", "pattern", "string", "replacement", "?", "options"],
  ["replaceAll", "pattern", "string", "replacement", "?", "options"],
  ["int", "any"],
  ["real", "any"],
  ["string", "any"],
  ["bool", "any"],
  ["absTime", "moment", "?", "offset"],
  ["relTime", "moment"],
  ["unparse", "reference"],
  ["unresolved", "reference", "?", "pattern"],
  ["floor", "any"],
  ["ceil", "any"],
  ["ceiling", "any"],
  ["round", "any"],
  ["pow", "number", "number"],
  ["quantize", "number", "number"],
  ["quantize", "number", "list"],
  ["ifThenElse", "boolean", "any", "any"],
  ["interval", "number"],
  ["eval", "string"],
  ["debug", "any"],
  ["stringListsIntersect", "string", "string", "?", "delimiters"],
  ["stringListSize", "string", "?", "delimiters"],
  ["stringListSum", "string", "?", "delimiters"],
  ["stringListAvg", "string", "?", "delimiters"],
  ["stringListMin", "string", "?", "delimiters"],
  ["stringListMax", "string", "?", "delimiters"],
  ["stringListMember", "string", "string", "?", "delimiters"],
  ["stringListIMember", "string", "string", "?", "delimiters"],
  ["stringListSubsetMatch", "string", "string", "?", "delimiters"],
  ["stringListISubsetMatch", "string", "string", "?", "delimiters"],
  [
    "stringList_regexpMember",
    "pattern",
    "string",
    "?",
    "delimiters",
    "options",
  ],
  ["userHome", "string", "?", "string"],
  ["userMap", "string", "string", "?", "string", "string"],
  ["splitUserName", "string"],
  ["splitSlotName", "string"],
  ["split", "string", "?", "delimiters"],
  ["evalInEachContext", "reference", "list"],
  ["countMatches", "reference", "list"],
  ["evalInEachContext", "any", "list"],
  ["countMatches", "boolean", "list"],
  ["envV1ToV2", "string"],
  ["mergeEnvironment", "string", "?", "string", "string"],
  ["listToArgs", "list", "?", "version"],
  ["argsToList", "string", "?", "version"],
  ["noSuchFunction", "any"],
];

/**
 * Options of the generator. `cycles` also uses attributes that form a circle.
 */
export interface GeneratorOptions {
  readonly cycles?: boolean;
}

/** Makes random expressions. */
export class Generator {
  readonly random: Random;
  readonly #cycles: boolean;

  /** The same seed makes the same expressions. */
  constructor(seed: number, options: GeneratorOptions = {}) {
    this.random = new Random(seed);
    this.#cycles = options.cycles ?? false;
  }

  /** Returns an expression in new syntax. */
  expression(): string {
    return this.#any(this.random.below(4) + 1);
  }

  #any(depth: number): string {
    const { random } = this;
    if (depth <= 0) return this.#leaf();
    switch (random.below(14)) {
      case 0:
        return this.#leaf();
      case 1:
      case 2:
      case 3:
      case 4:
        return this.#binary(depth);
      case 5:
        return random.pick(["-", "!", "~", "+"]) + this.#operand(depth - 1);
      case 6:
        return this.#conditional(depth);
      case 7:
        return `(${this.#any(depth - 1)})`;
      case 8:
        return this.#selected(depth);
      case 9:
        return random.oneIn(3) ? this.#ad(depth) : this.#list(depth);
      default:
        return this.#call(depth);
    }
  }

  #binary(depth: number): string {
    const operator = this.random.pick(BINARY);
    return this.#operand(depth - 1) + operator + this.#operand(depth - 1);
  }

  /** Returns an operand, often of a type that fits the other operands. */
  #operand(depth: number): string {
    const { random } = this;
    if (random.oneIn(2)) return this.#any(depth);
    return this.#hinted(
      random.pick(["integer", "real", "string", "boolean", "time"]),
      depth,
    );
  }

  #conditional(depth: number): string {
    const condition = this.#hinted("boolean", depth - 1);
    if (this.random.oneIn(3)) {
      return `${this.#primary(depth - 1)} ?: ${this.#primary(depth - 1)}`;
    }
    return `${condition} ? ${this.#any(depth - 1)} : ${this.#any(depth - 1)}`;
  }

  #primary(depth: number): string {
    return this.random.oneIn(2) ? this.#leaf() : `(${this.#any(depth)})`;
  }

  #selected(depth: number): string {
    const { random } = this;
    switch (random.below(4)) {
      case 0:
        return `${this.#hinted("list", depth - 1)}[${
          this.#hinted("offset", depth - 1)
        }]`;
      case 1:
        return `${this.#hinted("ad", depth - 1)}[${
          random.pick(['"X"', '"x"', '"L"', '"Missing"', "Name", "0"])
        }]`;
      default:
        return `${this.#hinted("ad", depth - 1)}.${
          random.pick(["X", "Y", "L", "In", "M", "Missing", "One", "Id"])
        }`;
    }
  }

  #list(depth: number): string {
    const items = Array.from(
      { length: this.random.below(4) },
      () => this.#any(depth - 1),
    );
    return `{${items.join(", ")}}`;
  }

  #ad(depth: number): string {
    const names = ["X", "Y", "aa", "One", "Long_Name_1"];
    const parts = Array.from(
      { length: this.random.below(4) },
      () => `${this.random.pick(names)} = ${this.#any(depth - 1)}`,
    );
    return `[${parts.join("; ")}]`;
  }

  #call(depth: number): string {
    const { random } = this;
    const [name, ...hints] = random.pick(FUNCTIONS);
    const args: string[] = [];
    let optional = false;
    for (const hint of hints) {
      if (hint === "?") {
        optional = true;
        continue;
      }
      if (optional && random.oneIn(2)) break;
      args.push(this.#argument(hint, depth - 1));
    }
    // Sometimes make too few or too many arguments.
    const isClock = name === "absTime" || name === "formatTime";
    if (random.oneIn(40) && !isClock) args.pop();
    if (random.oneIn(40)) args.push(this.#leaf());
    const spelled = random.oneIn(10)
      ? random.oneIn(2) ? name.toUpperCase() : name.toLowerCase()
      : name;
    return `${spelled}(${args.join(random.oneIn(20) ? ";" : ",")})`;
  }

  #argument(hint: Hint, depth: number): string {
    return this.random.oneIn(8) ? this.#any(depth) : this.#hinted(hint, depth);
  }

  #name(kind: string): string {
    const { random } = this;
    const name = random.pick(NAMES[kind]);
    if (this.#cycles && random.oneIn(6)) {
      return random.pick(["Loop", "LoopA", "LoopB"]);
    }
    switch (random.below(12)) {
      case 0:
        return `MY.${name}`;
      case 1:
        return `TARGET.${name}`;
      case 2:
        return random.pick([".", "self.", "root.", "toplevel.", "my."]) + name;
      case 3:
        return name.toLowerCase();
      default:
        return name;
    }
  }

  /** Returns a real in one of its notations. */
  #anyReal(): string {
    const { random } = this;
    if (random.oneIn(3)) {
      // A real that is close to a tie at the sixteenth digit.
      const digits = String(random.bits()).padStart(10, "7") + "." +
        random.below(1_000_000) + random.pick(["5", "50", "25", "75"]);
      return digits;
    }
    const bits = new DataView(new ArrayBuffer(8));
    bits.setUint32(0, random.bits());
    bits.setUint32(4, random.bits());
    const value = bits.getFloat64(0);
    if (!Number.isFinite(value)) return "1.0";
    const text = random.oneIn(2) ? String(value) : value.toExponential();
    return /[.e]/.test(text) ? text : text + ".0";
  }

  /** Returns an integer of up to 64 bits. */
  #anyInteger(): string {
    const { random } = this;
    const value = (BigInt(random.bits()) << 32n) | BigInt(random.bits());
    return String(BigInt.asIntN(random.below(64) + 1, value));
  }

  /** Returns a time literal. Its parts may contradict each other. */
  #timeText(): string {
    const { random } = this;
    let text = "";
    if (random.oneIn(2)) {
      for (let i = random.below(7); i >= 0; i--) {
        text += random.pick(["1", "02", "30", "3", "45.5", "100"]) +
          random.pick([":", ":", "+", "d", "h", "m", "s", " ", ""]);
      }
      return `relTime("${random.oneIn(4) ? "-" : ""}${text}")`;
    }
    text = random.pick(["2003", "1999", "1970", "2024", "20"]);
    for (let i = random.below(6); i > 0; i--) {
      text += random.pick(["-", "/", "T", ":", " ", ""]) +
        random.pick(["01", "02", "12", "28", "31", "13", "00", "59"]);
    }
    text += random.pick(["", "Z", "z", "+02:00", "-0630", "+1", " ", "-00:00"]);
    return `absTime("${text}")`;
  }

  /** Returns a string with any bytes, in new syntax. */
  #anyString(): string {
    const { random } = this;
    let text = "";
    for (let i = random.below(8); i > 0; i--) {
      text += random.pick([
        "a",
        "Z",
        "0",
        " ",
        ",",
        "'",
        "\\\\",
        '\\"',
        "\\n",
        "\\t",
        "\\7",
        "\\177",
        "\\200",
        "\\303\\251",
        "\\377",
        "\\?",
        "\\q",
        "é",
        "日",
        "😀",
        "%",
        "&",
        "<",
      ]);
    }
    return `"${text}"`;
  }

  /** Returns a regular expression, as a string in new syntax. */
  #anyPattern(depth: number): string {
    return `"${this.#pattern(depth).replaceAll("\\", "\\\\")}"`;
  }

  #pattern(depth: number): string {
    const { random } = this;
    let text = "";
    for (let i = random.below(3); i >= 0; i--) {
      text += this.#patternItem(depth);
      if (random.oneIn(3)) text += random.pick(QUANTIFIERS);
    }
    return depth > 0 && random.oneIn(4)
      ? `${text}|${this.#pattern(depth - 1)}`
      : text;
  }

  #patternItem(depth: number): string {
    const { random } = this;
    if (depth > 0 && random.oneIn(3)) {
      return random.pick(GROUPS) + this.#pattern(depth - 1) + ")";
    }
    return random.pick(PATTERN_ITEMS);
  }

  #string(choices: readonly string[]): string {
    return `"${this.random.pick(choices)}"`;
  }

  #leaf(): string {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
        return random.oneIn(3) ? this.#anyInteger() : random.pick(INTEGERS);
      case 1:
        return random.oneIn(2) ? this.#anyReal() : random.pick(REALS);
      case 2:
        return random.oneIn(4) ? this.#anyString() : this.#string(STRINGS);
      case 3:
        return random.pick(["true", "false", "undefined", "error", "TRUE"]);
      case 4:
        return random.pick([
          'absTime("2003-01-25T09:00:00-06:00")',
          'absTime("1999-12-31T23:59:59Z")',
          'relTime("1+02:03:04.5")',
          'relTime("-90")',
          "relTime(3600)",
          "absTime(1000000000,3600)",
        ]);
      case 5:
        if (random.oneIn(2)) return this.#timeText();
        // These functions return something else each time.
        return random.pick([
          "random(1)",
          "random(0)",
          'random("x")',
          "isReal(random())",
          "(random(10) < 10)",
          "(time() > 1000000000)",
          "isAbsTime(currentTime())",
          "isRelTime(timezoneOffset())",
          "(dayTime() >= relTime(0))",
          "(CurrentTime > 5)",
          "size(formatTime())",
        ]);
      default:
        return this.#name(random.pick(Object.keys(NAMES)));
    }
  }

  #hinted(hint: Hint, depth: number): string {
    const { random } = this;
    if (depth > 0 && random.oneIn(4)) return this.#any(depth);
    switch (hint) {
      case "integer":
        return random.oneIn(2) ? random.pick(INTEGERS) : this.#name("integer");
      case "real":
        return random.oneIn(2) ? random.pick(REALS) : this.#name("real");
      case "number":
        return this.#hinted(random.pick(["integer", "real", "offset"]), 0);
      case "string":
        return random.oneIn(2) ? this.#string(STRINGS) : this.#name("string");
      case "boolean":
        return random.oneIn(3)
          ? this.#name("boolean")
          : random.oneIn(2)
          ? random.pick(["true", "false", "1", "0", "undefined"])
          : `${this.#name("integer")} ${random.pick(["<", "==", ">="])} ${
            random.pick(INTEGERS)
          }`;
      case "list":
        return random.oneIn(2) ? this.#name("list") : this.#list(depth);
      case "ad":
        return random.oneIn(2)
          ? random.pick(["Nested", "TARGET", "MY", "G1", "Ads[0]", "self"])
          : this.#ad(depth);
      case "time":
        return random.oneIn(2) ? this.#name("time") : random.pick([
          'absTime("2003-01-25T09:00:00-06:00")',
          "relTime(100000.25)",
          "absTime(1000000000,0)",
          "relTime(-3661)",
          "1000000000",
        ]);
      case "pattern":
        return random.oneIn(2) ? this.#anyPattern(2) : this.#string(PATTERNS);
      case "replacement":
        return this.#string(REPLACEMENTS);
      case "options":
        return this.#string(OPTIONS);
      case "format":
        return this.#string(FORMATS);
      case "comparison":
        return this.#string([
          "<",
          "<=",
          "==",
          "!=",
          ">=",
          ">",
          "is",
          "isnt",
          "=",
        ]);
      case "offset":
        return random.pick(["0", "1", "2", "3", "-1", "-2", "5", "100"]);
      case "version":
        return random.pick(["1", "2", "3"]);
      case "moment":
        return random.pick(["0", "1000000000", "1.5e9", "Abs", "Rel", "-5"]);
      case "delimiters":
        return this.#string([",", ";", " ", ", ", "", "ab", "|"]);
      case "reference":
        return this.#name(random.pick(Object.keys(NAMES)));
      default:
        return this.#any(depth);
    }
  }

  /** Returns an expression with a small change, which may damage it. */
  damaged(): string {
    const { random } = this;
    let text = this.expression();
    for (let i = random.below(3); i >= 0; i--) {
      const at = random.below(text.length + 1);
      switch (random.below(3)) {
        case 0:
          text = text.slice(0, at) + text.slice(at + 1 + random.below(3));
          break;
        case 1:
          text = text.slice(0, at) + random.pick(FRAGMENTS) + text.slice(at);
          break;
        default: {
          const from = random.below(text.length + 1);
          text = text.slice(0, at) + text.slice(from, from + 4) +
            text.slice(at);
        }
      }
    }
    return text.isWellFormed() ? text : this.expression();
  }
}

/**
 * Texts to insert into damaged expressions. None of them ends the ad around the
 * expression.
 */
const FRAGMENTS = [
  "(",
  ")",
  "{",
  "}",
  ".",
  ",",
  "?",
  ":",
  "?:",
  "=",
  "==",
  "=?",
  "=!",
  "!",
  "&",
  "|",
  "<",
  ">",
  "'",
  '"',
  "\\",
  "0x1F",
  "017",
  "1.",
  "1e",
  "-",
  " is ",
  "isnt",
  "true",
  "@",
  "/**/",
  "'quoted name'",
  "'true'",
  " ",
  "\n",
  "e5",
  "08",
  "..",
  "5.",
];

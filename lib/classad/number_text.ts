/**
 * Conversion of reals to and from text: `%G` and `%E` of C's printf(), digit
 * for digit, and strtod().
 *
 * @module
 */

/**
 * Returns the first `count` significant digits of a finite number above zero.
 */
function significantDigits(
  value: number,
  count: number,
): { digits: string; exponent: number } {
  let [mantissa, exponent] = value.toExponential(count - 1).split("e");
  // toExponential() rounds a tie up, but printf rounds it to the even digit.
  const [exact, exactExponent] = value.toExponential(100).split("e");
  const all = exact.replace(".", "");
  if (/^50*$/.test(all.slice(count)) && (Number(all[count - 1]) & 1) === 0) {
    mantissa = all.slice(0, count);
    exponent = exactExponent;
  }
  return { digits: mantissa.replace(".", ""), exponent: Number(exponent) };
}

function exponentText(exponent: number, letter: string): string {
  const sign = exponent < 0 ? "-" : "+";
  return letter + sign + String(Math.abs(exponent)).padStart(2, "0");
}

/** Returns a finite number as `%.<decimals>E` of printf. */
export function formatExponential(value: number, decimals: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) {
    return sign + (0).toFixed(decimals) + "E+00";
  }
  const { digits, exponent } = significantDigits(
    Math.abs(value),
    decimals + 1,
  );
  const point = decimals > 0 ? "." : "";
  return sign + digits[0] + point + digits.slice(1) +
    exponentText(exponent, "E");
}

/** Returns a finite number as `%.<precision>G` (or `g`) of printf. */
export function formatGeneral(
  value: number,
  precision: number,
  letter: "G" | "g" = "G",
): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value === 0) return sign + "0";
  const { digits, exponent } = significantDigits(Math.abs(value), precision);
  const cut = digits.replace(/0+$/, "");
  if (exponent < -4 || exponent >= precision) {
    const fraction = cut.length > 1 ? "." + cut.slice(1) : "";
    return sign + cut[0] + fraction +
      exponentText(exponent, letter === "G" ? "E" : "e");
  }
  if (exponent < 0) return sign + "0." + "0".repeat(-exponent - 1) + cut;
  if (cut.length <= exponent + 1) return sign + cut.padEnd(exponent + 1, "0");
  return sign + cut.slice(0, exponent + 1) + "." + cut.slice(exponent + 1);
}

/**
 * Returns a real as the long format writes it: `%.16G`, followed by `.0` if it
 * would otherwise look like an integer. Infinity and NaN are calls of real().
 * (sink.cpp, UnparseReal)
 */
export function realToOldText(value: number): string {
  const special = specialReal(value);
  if (special !== undefined) return special;
  const text = formatGeneral(value, 16);
  return /[.Ee]/.test(text) ? text : text + ".0";
}

/**
 * Returns a real as the new syntax writes it: `%1.15E`. (sink.cpp, UnparseReal)
 */
export function realToNewText(value: number): string {
  return specialReal(value) ?? formatExponential(value, 15);
}

function specialReal(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (Number.isNaN(value)) return 'real("NaN")';
  if (value === Infinity) return 'real("INF")';
  if (value === -Infinity) return 'real("-INF")';
  return undefined;
}

const DECIMAL = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/;
const HEXADECIMAL =
  /^[ \t\n\v\f\r]*([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)(?:[pP]([+-]?\d+))?/;
const SPECIAL = /^[ \t\n\v\f\r]*([+-]?)(inf(?:inity)?|nan(?:\(\w*\))?)/i;

/**
 * Returns the number at the start of a text, as C's strtod() reads it: decimal,
 * hexadecimal, INF or NaN, after optional space. Returns undefined if there is
 * none.
 */
export function parseLeadingReal(text: string): number | undefined {
  const hex = HEXADECIMAL.exec(text);
  if (hex !== null && hex[2] + hex[3] !== "") {
    return hexadecimalReal(hex[1], hex[2], hex[3], hex[4]);
  }
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) return Number(decimal[1]);
  const special = SPECIAL.exec(text);
  if (special === null) return undefined;
  if (special[2][0].toLowerCase() === "n") return NaN;
  return special[1] === "-" ? -Infinity : Infinity;
}

function hexadecimalReal(
  sign: string,
  whole: string,
  fraction: string,
  power: string | undefined,
): number {
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return sign === "-" ? -0 : 0;
  const shift = Number(power ?? 0) - 4 * fraction.length;
  // The mantissa is exact up to 13 digits. Number() rounds longer ones.
  const mantissa = Number("0x" + digits);
  const value = mantissa * 2 ** Math.max(-1000, Math.min(1000, shift));
  return sign === "-" ? -value : value;
}

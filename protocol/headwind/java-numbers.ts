// Numbers in texts, as Java reads and writes them.

const longest = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** Long.parseLong: a sign and digits, those of any script; undefined where Java throws. */
export function javaLong(text: string, radix: 8 | 10 | 16): bigint | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/su.exec(text) ?? [];
  if (digits === '' || digits.length > 1_000) return undefined;
  let value = 0n;
  for (let at = 0; at < digits.length; at++) {
    const digit = digitOf(digits.charCodeAt(at));
    if (digit === undefined || digit >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(digit);
    if (value > longest.most + 1n) return undefined;
  }
  const signed = sign === '-' ? -value : value;
  return signed > longest.most ? undefined : signed;
}

/** Character.digit of one UTF-16 unit, for a radix up to 16. */
function digitOf(unit: number): number | undefined {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = (unit >= 0xff21 && unit <= 0xff5a ? unit - 0xfee0 : unit) | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x61 + 10;
  if (unit < 0x80 || !isDecimal(unit)) return undefined;
  let before = 0;
  while (isDecimal(unit - before - 1)) before++; // each script's digits lie together, from its zero on
  return before;
}

const isDecimal = (unit: number): boolean => /^\p{Nd}$/u.test(String.fromCharCode(unit));

const decimal = /^([-+]?)(?:(NaN)|(Infinity)|((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fFdD]?)$/;
const hexadecimal = /^([-+]?)0[xX](?:([\da-fA-F]+)\.?([\da-fA-F]*)|\.([\da-fA-F]+))[pP]([-+]?\d+)[fFdD]?$/;

/** Double.valueOf: blanks and control characters around it are dropped, `1d`, `.5`, `NaN` and `0x1p3` are taken. */
export function javaDouble(text: string): number | undefined {
  const trimmed = text.replace(/^[\u0000- ]+/, '').replace(/[\u0000- ]+$/, '');
  const [all, sign, notANumber, infinite, digits = ''] = decimal.exec(trimmed) ?? [];
  if (all === undefined) return hexadecimalOf(trimmed);
  if (notANumber !== undefined) return Number.NaN;
  const value = infinite === undefined ? Number(digits) : Number.POSITIVE_INFINITY;
  return sign === '-' ? -value : value;
}

function hexadecimalOf(text: string): number | undefined {
  const [all, sign, whole = '', part = '', onlyPart = '', exponent = '0'] = hexadecimal.exec(text) ?? [];
  if (all === undefined) return undefined;
  const fraction = part + onlyPart;
  const mantissa = Number(`0x${whole}${fraction}`);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** Double.toString: `1.0`, `1.0E10`, `1.0E-4`. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

// JSON as Android's org.json reads it: what `new JSONObject(text)` makes of a text, with Java's kinds of numbers.

/** A value, by the Java class that org.json makes of it. `absent`: a gap in an array, which is no JSONObject.NULL. */
export type OrgJson =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int' | 'double'; readonly value: number }
  | { readonly kind: 'long'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'object'; readonly value: ReadonlyMap<string, OrgJson> }
  | { readonly kind: 'array'; readonly value: readonly OrgJson[] }
  | { readonly kind: 'null' | 'absent' };

/** Bounds of ours: org.json has none but the stack. */
const longest = 1024 * 1024;
const deepest = 64;
const mostValues = 100_000;

/** What a text cannot be read for. */
export class OrgJsonFault extends Error {}

const fault = (message: string): OrgJsonFault => new OrgJsonFault(message);

/** The object that a text begins with; what follows it is not looked at. Throws OrgJsonFault. */
export function readOrgJsonObject(text: string): ReadonlyMap<string, OrgJson> {
  if (text.length > longest) throw fault(`more than ${longest} characters`);
  const read = new Tokener(text).next(0);
  if (read.kind !== 'object') throw fault('is no JSON object');
  return read.value;
}

const endsLiteral = new Set('{}[]/\\:,=;# \t\f\r\n');
const escapes: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', r: '\r', f: '\f' };

class Tokener {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  next(depth: number): OrgJson {
    if (depth > deepest) throw fault(`is nested deeper than ${deepest}`);
    if (++this.#values > mostValues) throw fault(`holds more than ${mostValues} values`);
    const first = this.#clean();
    if (first === '') throw fault('ends too early');
    if (first === '{') return { kind: 'object', value: this.#object(depth) };
    if (first === '[') return { kind: 'array', value: this.#array(depth) };
    if (first === '"' || first === "'") return { kind: 'string', value: this.#quoted(first) };
    this.#at--;
    return literalOf(this.#literal());
  }

  /** The next character that is no white space and no comment; empty at the end. */
  #clean(): string {
    for (;;) {
      const at = this.#text[this.#at++];
      if (at === undefined) {
        this.#at = this.#text.length;
        return '';
      }
      if (at === ' ' || at === '\t' || at === '\n' || at === '\r') continue;
      if (at === '#') this.#skipLine();
      else if (at === '/' && this.#text[this.#at] === '/') this.#skipLine();
      else if (at === '/' && this.#text[this.#at] === '*') {
        const end = this.#text.indexOf('*/', this.#at + 1);
        if (end < 0) throw fault('holds a comment without end');
        this.#at = end + 2;
      } else return at;
    }
  }

  #skipLine(): void {
    while (this.#at < this.#text.length) {
      const at = this.#text[this.#at++];
      if (at === '\r' || at === '\n') return;
    }
  }

  #object(depth: number): ReadonlyMap<string, OrgJson> {
    const members = new Map<string, OrgJson>();
    const first = this.#clean();
    if (first === '}') return members;
    if (first !== '') this.#at--;
    for (;;) {
      const name = this.next(depth + 1);
      if (name.kind !== 'string') throw fault('has a name that is no text');
      const separator = this.#clean();
      if (separator !== ':' && separator !== '=') throw fault('has a name without a value');
      if (this.#text[this.#at] === '>') this.#at++;
      const value = this.next(depth + 1);
      if (value.kind === 'double' && !Number.isFinite(value.value)) throw fault('holds a number that JSON has not');
      members.set(name.value, value);
      const end = this.#clean();
      if (end === '}') return members;
      if (end !== ',' && end !== ';') throw fault('is an object without end');
    }
  }

  #array(depth: number): readonly OrgJson[] {
    const items: OrgJson[] = [];
    for (let isAfterSeparator = false; ; ) {
      const first = this.#clean();
      if (first === ']') {
        if (isAfterSeparator) items.push({ kind: 'absent' });
        return items;
      }
      if (first === '') throw fault('is an array without end');
      isAfterSeparator = true;
      if (first === ',' || first === ';') {
        if (++this.#values > mostValues) throw fault(`holds more than ${mostValues} values`);
        items.push({ kind: 'absent' });
        continue;
      }
      this.#at--;
      items.push(this.next(depth + 1));
      const end = this.#clean();
      if (end === ']') return items;
      if (end !== ',' && end !== ';') throw fault('is an array without end');
    }
  }

  #quoted(quote: string): string {
    const parts: string[] = [];
    let from = this.#at;
    for (;;) {
      const at = this.#text[this.#at];
      if (at === undefined) throw fault('holds a text without end');
      if (at === quote) {
        parts.push(this.#text.slice(from, this.#at++));
        return parts.join('');
      }
      if (at !== '\\') {
        this.#at++;
        continue;
      }
      parts.push(this.#text.slice(from, this.#at));
      this.#at++;
      parts.push(this.#escaped());
      from = this.#at;
    }
  }

  #escaped(): string {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw fault('ends in an escape');
    if (letter !== 'u') return escapes[letter] ?? letter;
    const digits = this.#text.slice(this.#at, this.#at + 4);
    this.#at += 4;
    if (!/^(?=.{4}$)[+-]?[0-9A-Fa-f]+$/.test(digits)) throw fault('holds an escape that is none');
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #literal(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !endsLiteral.has(this.#text[this.#at] ?? '')) this.#at++;
    const literal = this.#text.slice(from, this.#at);
    if (literal === '') throw fault('lacks a value');
    return literal;
  }
}

/** Between 2^63 and the digits that say more than that, so that no huge number is worked out. */
const longestDigits = 64;
const javaDouble = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;

function literalOf(literal: string): OrgJson {
  const lower = literal.toLowerCase();
  if (lower === 'null') return { kind: 'null' };
  if (lower === 'true' || lower === 'false') return { kind: 'bool', value: lower === 'true' };
  const whole = literal.includes('.') ? undefined : longOf(literal);
  if (whole !== undefined)
    return whole === BigInt.asIntN(32, whole) ? { kind: 'int', value: Number(whole) } : { kind: 'long', value: whole };
  if (javaDouble.test(literal)) return { kind: 'double', value: Number(literal.replace(/[fFdD]$/, '')) };
  return { kind: 'string', value: literal };
}

/** As `Long.parseLong` after org.json has taken off what names the base. */
function longOf(literal: string): bigint | undefined {
  if (literal.length > longestDigits) return undefined;
  const isHex = /^0x/i.test(literal);
  const isOctal = !isHex && literal.length > 1 && literal.startsWith('0');
  const [, sign, digits = ''] = /^([+-]?)(\w+)$/.exec(literal.slice(isHex ? 2 : isOctal ? 1 : 0)) ?? [];
  if (!(isHex ? /^[0-9a-f]+$/i : isOctal ? /^[0-7]+$/ : /^\d+$/).test(digits)) return undefined;
  const size = BigInt(`${isHex ? '0x' : isOctal ? '0o' : ''}${digits}`);
  const value = sign === '-' ? -size : size;
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

/** As `JSON.toString(Object)` of org.json makes a text of an item of an array; a gap is an empty one. */
export function orgJsonText(value: OrgJson): string {
  if (value.kind === 'string') return value.value;
  return value.kind === 'absent' ? '' : written(value);
}

function written(value: OrgJson): string {
  switch (value.kind) {
    case 'string':
      return JSON.stringify(value.value).replaceAll('/', '\\/');
    case 'double':
      return javaDoubleText(value.value);
    case 'int':
    case 'long':
    case 'bool':
      return String(value.value);
    case 'array':
      return `[${value.value.map(written).join(',')}]`;
    case 'object':
      return `{${[...value.value].map(([key, each]) => `${written({ kind: 'string', value: key })}:${written(each)}`).join(',')}}`;
    default:
      return 'null';
  }
}

/** `Double.toString` as far as the shortest digits of JavaScript agree with it. */
function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}

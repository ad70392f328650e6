// The words of a predicate (Apple's "Predicate Format String Syntax" and the extension terms of declarative management).
import { unparsable, unparsableTerm } from './scope.js';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  /** `word` as it stands, `upper` in capitals for keywords; `isEscaped`: written `#word`, never a keyword. */
  | { readonly kind: 'name'; readonly word: string; readonly upper: string; readonly isEscaped: boolean }
  | { readonly kind: 'variable'; readonly name: string }
  /** `@status(...)`, `@property(...)`, `@key(...)`. */
  | { readonly kind: 'term'; readonly term: 'status' | 'property' | 'key'; readonly name: string }
  /** `@count` and its like, at the end of a key path. */
  | { readonly kind: 'collection'; readonly name: string }
  | { readonly kind: 'sign'; readonly sign: string };

const maxLength = 16_384;
const maxTokens = 4096;

const patterns = {
  space: /\s+/y,
  text: /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y,
  number: /0[xX][0-9a-fA-F]{1,15}|0[oO][0-7]{1,17}|0[bB][01]{1,52}|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?/y,
  term: /@([A-Za-z_]\w*)(\([^()]*\)?)?/y,
  variable: /\$([A-Za-z_]\w*)/y,
  name: /(#?)([A-Za-z_]\w*)/y,
  sign: /==|=>|=<|!=|<=|<>|>=|&&|\|\||\*\*|:=|[=<>!+\-*/(){}[\],.:]/y,
} as const;

/** Splits a predicate into its words. Throws PredicateError. */
export function tokenize(text: string): Token[] {
  if (text.length > maxLength) throw unparsable(`the predicate has more than ${maxLength} characters`);
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(patterns.space);
    if (at === text.length) return tokens;
    if (tokens.length === maxTokens) throw unparsable(`the predicate has more than ${maxTokens} words`);
    const token = next(take);
    if (token === undefined) throw unparsable(`"${text.slice(at, at + 20)}" is not understood`);
    tokens.push(token);
  }
}

function next(take: (pattern: RegExp) => RegExpExecArray | undefined): Token | undefined {
  const text = take(patterns.text);
  if (text !== undefined) return { kind: 'text', text: unescaped(text[0].slice(1, -1)) };
  const number = take(patterns.number);
  if (number !== undefined) return { kind: 'number', number: Number(number[0]) };
  const term = take(patterns.term);
  if (term !== undefined) return termOf(term[1] ?? '', term[2]);
  const variable = take(patterns.variable);
  if (variable !== undefined) return { kind: 'variable', name: variable[1] ?? '' };
  const name = take(patterns.name);
  if (name !== undefined) {
    const word = name[2] ?? '';
    return { kind: 'name', word, upper: word.toUpperCase(), isEscaped: name[1] === '#' };
  }
  const sign = take(patterns.sign);
  return sign === undefined ? undefined : { kind: 'sign', sign: sign[0] };
}

const terms = ['status', 'property', 'key'] as const;

function termOf(word: string, brackets: string | undefined): Token {
  const term = terms.find((known) => known === word);
  if (brackets === undefined) {
    if (term !== undefined) throw unparsableTerm(`@${word} names nothing: write @${word}(name)`);
    return { kind: 'collection', name: word };
  }
  if (term === undefined) throw unparsableTerm(`@${word} is no term of a predicate`);
  const name = brackets.slice(1, -1).trim();
  if (!brackets.endsWith(')') || name === '') throw unparsableTerm(`@${word} has no name in brackets`);
  return { kind: 'term', term, name };
}

const plainEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
};

/** `\NNN` is octal, `\xHH` and `\uHHHH` are hexadecimal. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:([0-7]{3})|[xX]([0-9a-fA-F]{2})|[uU]([0-9a-fA-F]{4})|([\s\S]))/g,
    (_, octal?: string, hex?: string, unicode?: string, plain = '') => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const code = hex ?? unicode;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return plainEscapes[plain] ?? plain;
    },
  );
}

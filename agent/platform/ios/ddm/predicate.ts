// A small part of Apple's predicate language: comparisons of status items and literals, joined by AND, OR, NOT and brackets.

/** A predicate outside the part that is understood. */
export class PredicateError extends Error {
  override readonly name = 'PredicateError';
}

type Value = string | number | boolean | undefined;
export type Lookup = (statusItem: string) => unknown;
type Test = (lookup: Lookup) => boolean;

const tokenPattern =
  /\s*(?:(@status\([\w.-]{1,128}\))|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|(==|!=|>=|<=|=|>|<|&&|\|\||!|\(|\))|([A-Za-z]+))/y;
const maxLength = 4096;
const maxDepth = 32;

/** Reads a predicate. Throws PredicateError for what is not understood. */
export function readPredicate(text: string): Test {
  if (text.length > maxLength) throw new PredicateError('the predicate is too long');
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const end = text.trimEnd().length;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (match === null) throw new PredicateError(`"${text.slice(at, at + 20)}" is not understood`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  whole(): Test {
    const test = this.#any();
    if (this.#at < this.#tokens.length) throw new PredicateError(`"${this.#tokens[this.#at]}" is out of place`);
    return test;
  }

  #any(): Test {
    let test = this.#all();
    while (this.#take('OR', '||')) {
      const [left, right] = [test, this.#all()];
      test = (lookup) => left(lookup) || right(lookup);
    }
    return test;
  }

  #all(): Test {
    let test = this.#one();
    while (this.#take('AND', '&&')) {
      const [left, right] = [test, this.#one()];
      test = (lookup) => left(lookup) && right(lookup);
    }
    return test;
  }

  #one(): Test {
    if (++this.#depth > maxDepth) throw new PredicateError('the predicate is nested too deeply');
    try {
      if (this.#take('NOT', '!')) {
        const test = this.#one();
        return (lookup) => !test(lookup);
      }
      if (this.#take('(')) {
        const test = this.#any();
        if (!this.#take(')')) throw new PredicateError('a bracket is not closed');
        return test;
      }
      if (this.#take('TRUEPREDICATE')) return () => true;
      if (this.#take('FALSEPREDICATE')) return () => false;
      return this.#comparison();
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Test {
    const left = this.#operand();
    const operator = this.#next().toUpperCase();
    const right = this.#operand();
    const compare = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
    if (compare === undefined) throw new PredicateError(`"${operator}" is no operator that is understood`);
    return (lookup) => compare(left(lookup), right(lookup));
  }

  #operand(): (lookup: Lookup) => Value {
    const token = this.#next();
    if (token.startsWith('@status(')) {
      const name = token.slice('@status('.length, -1);
      return (lookup) => scalar(lookup(name));
    }
    if (/^["']/.test(token)) {
      const text = token.slice(1, -1).replace(/\\(.)/g, '$1');
      return () => text;
    }
    if (/^-?\d/.test(token)) return () => Number(token);
    const word = { TRUE: true, YES: true, FALSE: false, NO: false }[token.toUpperCase()];
    if (word === undefined) throw new PredicateError(`"${token}" is no value that is understood`);
    return () => word;
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new PredicateError('the predicate ends too early');
    return token;
  }

  #take(...words: readonly string[]): boolean {
    const token = this.#tokens[this.#at]?.toUpperCase();
    if (token === undefined || !words.includes(token)) return false;
    this.#at++;
    return true;
  }
}

const scalar = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;

const order = (left: Value, right: Value): number | undefined => {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  return left.localeCompare(right, 'en', { numeric: true });
};
const ordered =
  (test: (difference: number) => boolean) =>
  (left: Value, right: Value): boolean => {
    const difference = order(left, right);
    return difference !== undefined && test(difference);
  };
const texts =
  (test: (left: string, right: string) => boolean) =>
  (left: Value, right: Value): boolean =>
    typeof left === 'string' && typeof right === 'string' && test(left, right);

const operators: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '==': (left, right) => left === right,
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': ordered((difference) => difference > 0),
  '>=': ordered((difference) => difference >= 0),
  '<': ordered((difference) => difference < 0),
  '<=': ordered((difference) => difference <= 0),
  CONTAINS: texts((left, right) => left.includes(right)),
  BEGINSWITH: texts((left, right) => left.startsWith(right)),
  ENDSWITH: texts((left, right) => left.endsWith(right)),
};

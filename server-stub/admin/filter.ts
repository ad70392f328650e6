// `$filter`, the part of OData that administrators script with: eq, ne, gt, ge, lt, le, and, or, not, brackets, startswith, contains.
import { stubError } from '../errors.js';

export type Row = Readonly<Record<string, unknown>>;
export type Predicate = (row: Row) => boolean;
type Literal = string | number | boolean | null;

const longestFilter = 4096;
const deepest = 32;
const token = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w./]*)|(-?\d[\w:.+-]*)|([(),]))/y;

interface Token {
  readonly kind: 'text' | 'word' | 'value' | 'mark';
  readonly text: string;
}

/** Compiles an expression. `fields` are the names it may use. Throws REQUEST_INVALID. */
export function compileFilter(text: string, fields: ReadonlySet<string>): Predicate {
  if (text.length > longestFilter) throw invalid(`it is longer than ${longestFilter} characters`);
  const tokens = tokenize(text);
  let position = 0;
  let depth = 0;
  const peek = () => tokens[position];
  const take = (what: string): Token => {
    const next = tokens[position++];
    if (next === undefined) throw invalid(`${what} is missing at its end`);
    return next;
  };
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.text === word;
  const mark = (text: string) => {
    const next = take(`"${text}"`);
    if (next.kind !== 'mark' || next.text !== text) throw invalid(`"${text}" expected instead of ${next.text}`);
  };

  const either = (): Predicate => {
    const parts = [both()];
    while (isWord('or')) {
      position++;
      parts.push(both());
    }
    return (row) => parts.some((part) => part(row));
  };
  const both = (): Predicate => {
    const parts = [single()];
    while (isWord('and')) {
      position++;
      parts.push(single());
    }
    return (row) => parts.every((part) => part(row));
  };
  const single = (): Predicate => {
    if (++depth > deepest) throw invalid('it is nested too deeply');
    try {
      if (isWord('not')) {
        position++;
        const inner = single();
        return (row) => !inner(row);
      }
      if (peek()?.kind === 'mark') {
        mark('(');
        const inner = either();
        mark(')');
        return inner;
      }
      return comparison();
    } finally {
      depth--;
    }
  };
  const field = (): string => {
    const { kind, text: name } = take('a field');
    if (kind !== 'word' || !fields.has(name)) throw invalid(`${name} is no field to filter by`);
    return name;
  };
  const comparison = (): Predicate => {
    const test = textTests[peek()?.text ?? ''];
    if (test !== undefined && tokens[position + 1]?.text === '(') {
      position++;
      mark('(');
      const name = field();
      mark(',');
      const wanted = String(literal(take('a value'))).toLowerCase();
      mark(')');
      return (row) => test(String(row[name] ?? '').toLowerCase(), wanted);
    }
    const name = field();
    const operator = take('an operator').text;
    const compare = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
    if (compare === undefined) throw invalid(`${operator} is no operator`);
    const wanted = literal(take('a value'));
    return (row) => compare(order(row[name] ?? null, wanted));
  };

  const predicate = either();
  if (position < tokens.length) throw invalid(`${tokens[position]?.text} was not expected`);
  return predicate;
}

const textTests: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  startswith: (value, wanted) => value.startsWith(wanted),
  contains: (value, wanted) => value.includes(wanted),
};

/** By the order of value and literal; undefined where the two cannot be compared. */
const operators: Readonly<Record<string, (order: number | undefined) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order !== undefined && order > 0,
  ge: (order) => order !== undefined && order >= 0,
  lt: (order) => order !== undefined && order < 0,
  le: (order) => order !== undefined && order <= 0,
};

const instant = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

/** Texts without regard to case, as Graph does; times by when they are, however they are written. */
function order(value: unknown, wanted: Literal): number | undefined {
  if (value === null || wanted === null) return value === wanted ? 0 : undefined;
  if (typeof value !== typeof wanted) return undefined;
  if (typeof value === 'string' && typeof wanted === 'string') {
    if (instant.test(value) && instant.test(wanted)) return Math.sign(Date.parse(value) - Date.parse(wanted));
    const [a, b] = [value.toLowerCase(), wanted.toLowerCase()];
    return a === b ? 0 : a < b ? -1 : 1;
  }
  if (typeof value === 'number' && typeof wanted === 'number') return Math.sign(value - wanted);
  return value === wanted ? 0 : undefined;
}

function literal({ kind, text }: Token): Literal {
  if (kind === 'text') return text.slice(1, -1).replaceAll("''", "'");
  if (kind === 'word' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'word' && text === 'null') return null;
  if (kind === 'value') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text; // dates and GUIDs have no quotes in OData
  if (kind === 'word') return text;
  throw invalid(`${text} is no value`);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const from = token.lastIndex;
    const [, quoted, word, value, mark] = token.exec(trimmed) ?? [];
    const [kind, found] =
      quoted !== undefined
        ? (['text', quoted] as const)
        : word !== undefined
          ? (['word', word] as const)
          : value !== undefined
            ? (['value', value] as const)
            : (['mark', mark] as const);
    if (found === undefined) throw invalid(`"${trimmed.slice(from, from + 20)}" cannot be read`);
    tokens.push({ kind, text: found });
  }
  return tokens;
}

const invalid = (why: string) => stubError('REQUEST_INVALID', `The $filter cannot be used: ${why}`);

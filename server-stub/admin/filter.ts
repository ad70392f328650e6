// `$filter`, the part of OData that administrators script with: eq, ne, gt, ge, lt, le, and, or, not, brackets, startswith, contains.
import { stubError } from '../errors.js';

export type Row = Readonly<Record<string, unknown>>;
export type Predicate = (row: Row) => boolean;
type Literal = string | number | boolean | null;

/** By field: the words that it may be. Another is a mistake of who asks, and not a filter that nothing matches. */
export type Enumerations = Readonly<Record<string, ReadonlySet<string>>>;

/** A field that must be this text. */
interface Lookup {
  readonly field: string;
  readonly value: string;
}

export interface Filter {
  readonly matches: Predicate;
  /** Whatever matches, one of these holds for it: what indexes can be asked for. Undefined where all must be looked at. */
  readonly lookups?: readonly Lookup[] | undefined;
  /** True of the filter that every row matches. */
  readonly isEvery?: boolean;
}

export const everyRow: Filter = { matches: () => true, isEvery: true };

const longestFilter = 4096;
const deepest = 32;

/**
 * Compiles an expression. `fields` are the names it may use, `indexed` those to make lookups of. Throws REQUEST_INVALID: an unknown name,
 * a word that is none of its enumeration, a date (of `...DateTime`) that is none.
 */
export function compileFilter(
  text: string,
  fields: ReadonlySet<string>,
  indexed: ReadonlySet<string> = new Set(),
  enumerations: Enumerations = {},
): Filter {
  if (text.length > longestFilter) throw invalid(`it is longer than ${longestFilter} characters`);
  return new Compiler(tokenize(text), fields, indexed, enumerations).compile();
}

/** Reads the tokens of one expression, by recursive descent: `or` of `and` of `not`, brackets and comparisons. */
class Compiler {
  readonly #tokens: readonly Token[];
  readonly #fields: ReadonlySet<string>;
  readonly #indexed: ReadonlySet<string>;
  readonly #enumerations: Enumerations;
  #position = 0;
  #depth = 0;

  constructor(
    tokens: readonly Token[],
    fields: ReadonlySet<string>,
    indexed: ReadonlySet<string>,
    enumerations: Enumerations,
  ) {
    this.#enumerations = enumerations;
    this.#tokens = tokens;
    this.#fields = fields;
    this.#indexed = indexed;
  }

  compile(): Filter {
    const filter = this.#either();
    const rest = this.#peek();
    if (rest !== undefined) throw invalid(`${rest.text} was not expected`);
    return filter;
  }

  #either(): Filter {
    const parts = this.#joined('or', () => this.#both());
    const lookups = parts.every((part) => part.lookups !== undefined)
      ? parts.flatMap((part) => part.lookups ?? [])
      : undefined;
    return { matches: (row) => parts.some((part) => part.matches(row)), lookups };
  }

  #both(): Filter {
    const parts = this.#joined('and', () => this.#single());
    const [first] = parts
      .flatMap(({ lookups }) => (lookups === undefined ? [] : [lookups]))
      .sort((a, b) => a.length - b.length);
    return { matches: (row) => parts.every((part) => part.matches(row)), lookups: first };
  }

  #joined(word: 'or' | 'and', part: () => Filter): Filter[] {
    const parts = [part()];
    while (this.#takeWord(word)) parts.push(part());
    return parts;
  }

  #single(): Filter {
    if (++this.#depth > deepest) throw invalid('it is nested too deeply');
    try {
      if (this.#takeWord('not')) {
        const { matches } = this.#single();
        return { matches: (row) => !matches(row) };
      }
      if (this.#peek()?.kind !== 'mark') return this.#comparison();
      this.#mark('(');
      const inner = this.#either();
      this.#mark(')');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Filter {
    const name = this.#peek()?.text ?? '';
    const test = Object.hasOwn(textTests, name) ? textTests[name] : undefined;
    if (test !== undefined && this.#peek(1)?.text === '(') {
      this.#position++;
      return this.#textTest(test);
    }
    const field = this.#field();
    const operator = this.#take('an operator').text;
    const compare = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
    if (compare === undefined) throw invalid(`${operator} is no operator`);
    const wanted = literal(this.#take('a value'));
    this.#judgeValue(field, wanted);
    const read = readerOf(field);
    const isLookup = operator === 'eq' && this.#indexed.has(field) && typeof wanted === 'string' && isPlainWord(wanted);
    return {
      matches: (row) => compare(order(read(row), wanted)),
      lookups: isLookup ? [{ field, value: wanted }] : undefined,
    };
  }

  #textTest(test: (value: string, wanted: string) => boolean): Filter {
    this.#mark('(');
    const read = readerOf(this.#field());
    this.#mark(',');
    const wanted = String(literal(this.#take('a value'))).toLowerCase();
    this.#mark(')');
    return { matches: (row) => test(String(read(row) ?? '').toLowerCase(), wanted) };
  }

  #judgeValue(field: string, wanted: Literal): void {
    if (wanted === null) return;
    const words = Object.hasOwn(this.#enumerations, field) ? this.#enumerations[field] : undefined;
    if (words !== undefined && ![...words].some((word) => word.toLowerCase() === String(wanted).toLowerCase())) {
      throw invalid(`${String(wanted).slice(0, 100)} is no ${field}: it is one of ${[...words].join(', ')}`);
    }
    if (field.endsWith('DateTime') && !(typeof wanted === 'string' && isInstant(wanted))) {
      throw invalid(`${String(wanted).slice(0, 100)} is no date for ${field}: such as 2026-11-26T08:00:00Z`);
    }
  }

  #field(): string {
    const { kind, text } = this.#take('a field');
    if (kind !== 'word' || !this.#fields.has(text)) throw invalid(`${text} is no field to filter by`);
    return text;
  }

  #mark(text: string): void {
    const next = this.#take(`"${text}"`);
    if (next.kind !== 'mark' || next.text !== text) throw invalid(`"${text}" expected instead of ${next.text}`);
  }

  #takeWord(word: string): boolean {
    const next = this.#peek();
    if (next?.kind !== 'word' || next.text !== word) return false;
    this.#position++;
    return true;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#position + ahead];
  }

  #take(what: string): Token {
    const next = this.#tokens[this.#position++];
    if (next === undefined) throw invalid(`${what} is missing at its end`);
    return next;
  }
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

/** Of a part of a field by both names, as `actor/userPrincipalName`. */
function readerOf(field: string): (row: Row) => unknown {
  const [first = '', second] = field.split('/');
  if (second === undefined) return (row) => row[field] ?? null;
  return (row) => {
    const value = row[first];
    return typeof value === 'object' && value !== null ? ((value as Row)[second] ?? null) : null;
  };
}

const isInstant = (text: string): boolean => instant.test(text) && !Number.isNaN(Date.parse(text));

const instant = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;

/** Equal to no text but its own, whatever its capitals: an instant is equal to others, an empty text to what is missing. */
const isPlainWord = (text: string): boolean => text !== '' && !instant.test(text);

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

const token = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w./]*)|(-?\d[\w:.+-]*)|([(),]))/y;

interface Token {
  readonly kind: 'text' | 'word' | 'value' | 'mark';
  readonly text: string;
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

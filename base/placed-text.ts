// YAML text: what it says, and where in the text each of its values stands.
import { isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument, visit, type YAMLMap } from 'yaml';

/** Of keys and list positions, from the top of the file. */
export type Path = readonly PropertyKey[];

/** A mistake in a file that a person wrote. */
export interface PlacedProblem {
  /** `users[3].upn`; empty where the text is no YAML. */
  readonly path: string;
  /** From 1, in the text. */
  readonly line?: number;
  /** From 1, in characters. */
  readonly column?: number;
  readonly message: string;
}

/**
 * Takes a mistake. `where` says whether the place is that of the key itself or of what stands under it (the default), or so many
 * characters within the text that stands there.
 */
export type Report = (path: Path, message: string, where?: 'key' | 'value' | number) => void;

/** Mistakes that are remembered. */
const mostProblems = 1000;
/** Mistakes that are told in the error's message. */
const mostShown = 50;
/** Values that aliases may stand for, in all. */
const mostAliased = 1000;
/** Values within values. */
const mostNested = 100;
const nestedTooDeeply = 'the file is nested too deeply';

export interface PlacedText {
  /** Plain values; an alias is the same object as what it stands for. */
  readonly raw: unknown;
  readonly problems: readonly PlacedProblem[];
  readonly report: Report;
  /** The same with its place, and not among the problems. */
  readonly place: (...found: Parameters<Report>) => PlacedProblem;
}

/** What is read, and what becomes of it that cannot be. */
interface PlacedTextOptions {
  /** Characters. */
  readonly largest: number;
  /** What a file is, such as `tenant`. */
  readonly what: string;
  /** The error that is thrown where the text is no YAML, or too much of it. */
  readonly invalid: (problems: readonly PlacedProblem[]) => Error;
}

/** Throws what `invalid` makes where the text is no YAML, or too much of it. */
export function readPlacedText(text: string, { largest, what, invalid }: PlacedTextOptions): PlacedText {
  const fail = (message: string) => invalid([{ path: '', message }]);
  if (text.length > largest) throw fail(`the file is longer than ${largest} characters`);
  const lines = new LineCounter();
  const document = parsed(text, lines, fail, what);
  const placed = (offset: number, path: string, message: string): PlacedProblem => {
    const { line, col } = lines.linePos(offset);
    return { path, line, column: col, message };
  };
  const broken = document.errors.map(({ message, pos }) =>
    placed(pos[0], '', wordsOf((message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, ''), what)),
  );
  broken.push(...twice(document).map(({ offset, key }) => placed(offset, '', `the key ${key} stands here twice`)));
  const deep = broken.find(({ message }) => message === nestedTooDeeply);
  if (deep !== undefined) throw invalid([deep]);
  if (broken.length > 0) throw invalid(broken.slice(0, mostProblems));
  const problems: PlacedProblem[] = [];
  const place: PlacedText['place'] = (path, message, where = 'value') => {
    const offset = offsetOf(document, path, where);
    return offset === undefined ? { path: pathText(path), message } : placed(offset, pathText(path), message);
  };
  return {
    raw: plain(document, fail, what),
    problems,
    place,
    report(...found) {
      if (problems.length < mostProblems) problems.push(place(...found));
    },
  };
}

type Parsed = ReturnType<typeof parseDocument>;

function parsed(text: string, lineCounter: LineCounter, fail: (message: string) => Error, what: string): Parsed {
  try {
    // Keys are compared below: the library's own comparison takes time with the square of their number.
    return parseDocument(text, { lineCounter, uniqueKeys: false });
  } catch (cause) {
    throw fail(reasonOf(cause, what));
  }
}

function plain(document: Parsed, fail: (message: string) => Error, what: string): unknown {
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: mostAliased }) ?? {};
  } catch (cause) {
    throw fail(reasonOf(cause, what));
  }
  if (heightOf(raw, new Map(), 0) > mostNested) throw fail(nestedTooDeeply);
  return raw;
}

/** Levels of values within the value; more than are allowed where it is part of itself, as an alias can make it. */
function heightOf(value: unknown, known: Map<object, number>, above: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  const height = known.get(value);
  if (height !== undefined) return height;
  if (above > mostNested) return above;
  known.set(value, Number.POSITIVE_INFINITY); // until it is known: what lies within itself has no end
  let highest = 0;
  for (const item of Object.values(value)) highest = Math.max(highest, heightOf(item, known, above + 1));
  known.set(value, highest + 1);
  return highest + 1;
}

const reasonOf = (cause: unknown, what: string): string =>
  cause instanceof Error ? wordsOf(cause.message, what) : 'not readable';

/** The library's words, where they are about itself and not about the file. */
function wordsOf(message: string, what: string): string {
  if (message.startsWith('Maximum call stack')) return nestedTooDeeply;
  if (message.startsWith('Excessive alias count')) return `aliases stand for more than ${mostAliased} values`;
  if (message.startsWith('Source contains multiple documents'))
    return `a second document begins here: a ${what} is one`;
  return message;
}

function twice(document: Parsed): { offset: number; key: string }[] {
  const found: { offset: number; key: string }[] = [];
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name)) found.push({ offset: key.range?.[0] ?? 0, key: name });
        keys.add(name);
      }
    },
  });
  return found;
}

/** Where the value of this path begins, or its key; of the nearest part above where there is no such value. */
function offsetOf(document: Parsed, path: Path, where: 'key' | 'value' | number): number | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = pairOf(node, part);
      if (pair === undefined) return offset;
      node = pair.value;
      const ofKey = startOf(pair.key);
      offset = isLast && where === 'key' ? ofKey : (startOf(node) ?? ofKey);
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return typeof where === 'number' && offset !== undefined ? offset + within(node, where) : offset;
}

/** Behind the quote of a text that has one; the beginning of a text that goes over lines. */
function within(node: unknown, characters: number): number {
  if (!isScalar(node)) return 0;
  if (node.type === 'PLAIN') return characters;
  return node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? characters + 1 : 0;
}

const pairOf = (map: YAMLMap, key: PropertyKey): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** What is wrong, for an error's message: how many mistakes, then a line for each, `file:line:column: path: what is wrong`. */
export function problemLines(
  file: string,
  found: readonly PlacedProblem[],
): { readonly text: string; readonly problems: readonly PlacedProblem[] } {
  const problems = [...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const lines = problems.slice(0, mostShown).map((problem) => `\n  ${shown(file, problem)}`);
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return { text: `${count}:${lines.join('')}${more}`, problems };
}

function shown(file: string, { path, line, column, message }: PlacedProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [place, path, message].filter((part) => part !== '').join(': ');
}

/** `users[3].upn` */
const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

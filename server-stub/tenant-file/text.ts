// YAML text: what it says, and where in the text each of its values stands.
import { isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument, visit, type YAMLMap } from 'yaml';
import { mostProblems, type Path, pathText, type Report, type TenantProblem, tenantInvalid } from './problems.js';

/** Characters of a tenant file. */
export const largestText = 16 * 1024 * 1024;
/** Values that aliases may stand for, in all. */
const mostAliased = 1000;
/** Values within values. */
const mostNested = 100;
const nestedTooDeeply = 'the file is nested too deeply';

export interface TenantText {
  /** Plain values; an alias is the same object as what it stands for. */
  readonly raw: unknown;
  readonly problems: readonly TenantProblem[];
  readonly report: Report;
}

/** Throws TENANT_INVALID where the text is no YAML, or too much of it. */
export function readText(text: string, file: string): TenantText {
  const fail = (message: string) => tenantInvalid(file, [{ path: '', message }]);
  if (text.length > largestText) throw fail(`the file is longer than ${largestText} characters`);
  const lines = new LineCounter();
  const document = parsed(text, lines, fail);
  const placed = (offset: number, path: string, message: string): TenantProblem => {
    const { line, col } = lines.linePos(offset);
    return { path, line, column: col, message };
  };
  const broken = document.errors.map(({ message, pos }) =>
    placed(pos[0], '', wordsOf((message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, ''))),
  );
  broken.push(...twice(document).map(({ offset, key }) => placed(offset, '', `the key ${key} stands here twice`)));
  const deep = broken.find(({ message }) => message === nestedTooDeeply);
  if (deep !== undefined) throw tenantInvalid(file, [deep]);
  if (broken.length > 0) throw tenantInvalid(file, broken.slice(0, mostProblems));
  const problems: TenantProblem[] = [];
  return {
    raw: plain(document, fail),
    problems,
    report(path, message, where = 'value') {
      if (problems.length >= mostProblems) return;
      const offset = offsetOf(document, path, where);
      problems.push(offset === undefined ? { path: pathText(path), message } : placed(offset, pathText(path), message));
    },
  };
}

type Parsed = ReturnType<typeof parseDocument>;

function parsed(text: string, lineCounter: LineCounter, fail: (message: string) => Error): Parsed {
  try {
    // Keys are compared below: the library's own comparison takes time with the square of their number.
    return parseDocument(text, { lineCounter, uniqueKeys: false });
  } catch (cause) {
    throw fail(reasonOf(cause));
  }
}

function plain(document: Parsed, fail: (message: string) => Error): unknown {
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: mostAliased }) ?? {};
  } catch (cause) {
    throw fail(reasonOf(cause));
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

const reasonOf = (cause: unknown): string => (cause instanceof Error ? wordsOf(cause.message) : 'not readable');

/** The library's words, where they are about itself and not about the file. */
function wordsOf(message: string): string {
  if (message.startsWith('Maximum call stack')) return nestedTooDeeply;
  if (message.startsWith('Excessive alias count')) return `aliases stand for more than ${mostAliased} values`;
  if (message.startsWith('Source contains multiple documents')) return 'a second document begins here: a tenant is one';
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
function offsetOf(document: Parsed, path: Path, where: 'key' | 'value'): number | undefined {
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
  return offset;
}

const pairOf = (map: YAMLMap, key: PropertyKey): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
